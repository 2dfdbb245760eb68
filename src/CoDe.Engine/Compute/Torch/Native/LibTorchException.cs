namespace CoDe.Engine.Compute.Torch.Native;

/// <summary>Failure to load libtorch.</summary>
/// <param name="problem">A part of a line: the file and its error.</param>
/// <param name="remedy">The rest of the line; null where another libtorch is the remedy.</param>
internal sealed class LibTorchException(string problem, string? remedy = null) : Exception(problem)
{
    public string? Remedy => remedy;
}
