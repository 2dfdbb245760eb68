namespace CoDe.Engine.Compute.Memory;

/// <summary>Counts the bytes of blocks. The device's thread counts; any thread may read.</summary>
internal sealed class MemoryTally
{
    private long _taken;
    private long _peak;

    /// <summary>Bytes taken now.</summary>
    public long Taken => Volatile.Read(ref _taken);

    /// <summary>Bytes taken at the highest.</summary>
    public long Peak => Volatile.Read(ref _peak);

    public void Take(long bytes)
    {
        var taken = Interlocked.Add(ref _taken, bytes);
        Volatile.Write(ref _peak, Math.Max(_peak, taken));
    }

    public void Free(long bytes) => Interlocked.Add(ref _taken, -bytes);

    /// <summary>Counts memory that an operator takes and gives back.</summary>
    public void Pass(long bytes)
    {
        Take(bytes);
        Free(bytes);
    }
}
