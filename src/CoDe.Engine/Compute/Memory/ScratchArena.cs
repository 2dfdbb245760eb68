namespace CoDe.Engine.Compute.Memory;

/// <summary>An arena over blocks that others lie over too.</summary>
internal sealed class ScratchArena(ScratchBlocks blocks) : Arena
{
    private readonly Dictionary<ElementType, Filling> _fillings = [];

    /// <summary>Allocates in the arena's last block of the type, or in the first further one with room.</summary>
    protected override (MemoryBlock Block, long Offset) Reserve(long elements, ElementType type)
    {
        var filling = _fillings.GetValueOrDefault(type);
        while (filling.Last is null || filling.Filled + elements > filling.Last.Elements)
        {
            filling = new Filling(blocks.Take(filling.Taken, elements, type), filling.Taken + 1, 0);
        }

        var aligned = Math.Max(1, blocks.Memory.Alignment / type.Size());
        var filled = (filling.Filled + elements + aligned - 1) / aligned * aligned;
        _fillings[type] = filling with { Filled = filled };
        return (filling.Last, filling.Filled);
    }

    protected override int RowStride(int columns, ElementType type) => blocks.Memory.RowStride(columns, type);

    protected override void Dispose(bool disposing)
    {
        foreach (var (type, filling) in _fillings)
        {
            blocks.Release(filling.Taken, type);
        }

        _fillings.Clear();
    }

    /// <summary>The block of a type that is being filled.</summary>
    /// <param name="Taken">Blocks of the type that the arena uses.</param>
    /// <param name="Filled">Elements of the last one that are handed out.</param>
    private readonly record struct Filling(MemoryBlock? Last, int Taken, long Filled);
}

/// <summary>
/// Memory of all scratch of a back end. Every arena fills the same blocks of a type from the first on, so together they
/// take the memory of the largest.
/// </summary>
internal sealed class ScratchBlocks(IDeviceMemory memory)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ElementType, List<(MemoryBlock Block, int Users)>> _blocks = [];

    public IDeviceMemory Memory => memory;

    /// <summary>Blocks of the same sizes in another memory, which they never leave.</summary>
    public ScratchBlocks CopyTo(IDeviceMemory other)
    {
        var copy = new ScratchBlocks(other);
        lock (_lock)
        {
            foreach (var (type, blocks) in _blocks)
            {
                copy._blocks[type] = [.. blocks.Select(each => (other.Allocate(each.Block.Elements, type), 1))];
            }
        }

        return copy;
    }

    /// <summary>
    /// Adds an arena to the users of a block, which is created with <paramref name="elements"/> if it does not exist.
    /// </summary>
    public MemoryBlock Take(int index, long elements, ElementType type)
    {
        lock (_lock)
        {
            if (!_blocks.TryGetValue(type, out var ofType))
            {
                _blocks[type] = ofType = [];
            }

            if (index == ofType.Count)
            {
                ofType.Add((memory.Allocate(Math.Max(elements, memory.ScratchBlock / type.Size()), type), 0));
            }

            var (block, users) = ofType[index];
            ofType[index] = (block, users + 1);
            return block;
        }
    }

    /// <summary>Ends an arena's use of the first blocks; those that no arena uses any more are freed.</summary>
    public void Release(int count, ElementType type)
    {
        lock (_lock)
        {
            var ofType = _blocks[type];
            for (var index = 0; index < count; index++)
            {
                ofType[index] = (ofType[index].Block, ofType[index].Users - 1);
            }

            for (var last = ofType.Count - 1; last >= 0 && ofType[last].Users == 0; last--)
            {
                ofType[last].Block.Dispose();
                ofType.RemoveAt(last);
            }
        }
    }
}
