namespace CoDe.Engine.Compute.Torch;

/// <summary>Memory that the process may still take.</summary>
internal static class ProcessMemory
{
    /// <summary>Bytes of the machine, or of the container's limit, without those in use here.</summary>
    public static long Free()
        => Math.Max(0, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes - Environment.WorkingSet);
}
