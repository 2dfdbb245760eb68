namespace CoDe.Engine.Compute.Memory;

/// <summary>An arena over blocks that others lie over too.</summary>
internal sealed class ScratchArena(ScratchBlocks blocks) : Arena
{
    private MemoryBlock? _last;
    private int _taken;
    private long _filled;

    /// <summary>Allocates in the arena's last block, or in the first further block with enough room.</summary>
    protected override nint Reserve(long bytes)
    {
        while (_last is null || _filled + bytes > _last.Bytes)
        {
            _last = blocks.Take(_taken++, bytes);
            _filled = 0;
        }

        var address = _last.Address + (nint)_filled;
        _filled += (bytes + blocks.Memory.Alignment - 1) & -blocks.Memory.Alignment;
        return address;
    }

    protected override int RowStride(int columns) => blocks.Memory.RowStride(columns);

    protected override void Dispose(bool disposing)
    {
        blocks.Release(_taken);
        (_last, _taken) = (null, 0);
    }
}

/// <summary>
/// Memory of all scratch of a back end. Every arena fills the same blocks from the first on, so together they take the
/// memory of the largest.
/// </summary>
internal sealed class ScratchBlocks(IDeviceMemory memory)
{
    private readonly Lock _lock = new();
    private readonly List<(MemoryBlock Block, int Users)> _blocks = [];

    public IDeviceMemory Memory => memory;

    /// <summary>
    /// Adds an arena to the users of a block, which is created with <paramref name="bytes"/> if it does not exist.
    /// </summary>
    public MemoryBlock Take(int index, long bytes)
    {
        lock (_lock)
        {
            if (index == _blocks.Count)
            {
                _blocks.Add((memory.Allocate(Math.Max(bytes, memory.ScratchBlock)), 0));
            }

            var (block, users) = _blocks[index];
            _blocks[index] = (block, users + 1);
            return block;
        }
    }

    /// <summary>Ends an arena's use of the first blocks; those that no arena uses any more are freed.</summary>
    public void Release(int count)
    {
        lock (_lock)
        {
            for (var index = 0; index < count; index++)
            {
                _blocks[index] = (_blocks[index].Block, _blocks[index].Users - 1);
            }

            for (var last = _blocks.Count - 1; last >= 0 && _blocks[last].Users == 0; last--)
            {
                _blocks[last].Block.Dispose();
                _blocks.RemoveAt(last);
            }
        }
    }
}
