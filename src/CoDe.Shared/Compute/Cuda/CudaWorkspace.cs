using CoDe.Compute.Memory;

namespace CoDe.Compute.Cuda;

/// <summary>
/// Memory for what lies between the kernels of one operator. It grows when an operator first runs, which is never while a stream is recorded.
/// </summary>
internal sealed class CudaWorkspace(CudaMemory memory) : IDisposable
{
    /// <summary>The last is the largest; smaller ones stay, since recordings know them.</summary>
    private readonly List<MemoryBlock> _blocks = [];

    /// <summary>Address of at least so many bytes, which are the next operator's too.</summary>
    public nint Take(long bytes)
    {
        if (_blocks.Count == 0 || _blocks[^1].Bytes < bytes)
        {
            _blocks.Add(memory.Allocate(bytes));
        }

        return _blocks[^1].Address;
    }

    public void Dispose() => _blocks.ForEach(block => block.Dispose());
}
