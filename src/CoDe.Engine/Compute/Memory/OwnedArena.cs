namespace CoDe.Engine.Compute.Memory;

/// <summary>Memory that is freed with the arena, a block a tensor.</summary>
internal sealed class OwnedArena(IDeviceMemory memory) : Arena
{
    private readonly List<MemoryBlock> _blocks = [];

    protected override (MemoryBlock Block, long Offset) Reserve(long elements, ElementType type)
    {
        var block = memory.Allocate(elements, type);
        _blocks.Add(block);
        return (block, 0);
    }

    protected override int RowStride(int columns, ElementType type) => memory.RowStride(columns, type);

    protected override void Dispose(bool disposing)
    {
        _blocks.ForEach(block => block.Dispose());
        _blocks.Clear();
    }
}
