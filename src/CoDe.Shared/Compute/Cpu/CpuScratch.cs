using System.Numerics;

namespace CoDe.Compute.Cpu;

/// <summary>An arena over blocks that others lie over too.</summary>
internal sealed class CpuScratch(ScratchBlocks blocks) : Arena
{
    private readonly HashSet<NativeBlock> _taken = [];

    protected override nint Reserve(long bytes) => blocks.Take(bytes, _taken).Address;

    protected override void Dispose(bool disposing)
    {
        blocks.Release(_taken);
        _taken.Clear();
    }
}

/// <summary>The blocks of all scratch of a back end. Each arena takes a block once; any number of arenas take the same.</summary>
internal sealed class ScratchBlocks
{
    private readonly Lock _lock = new();
    private readonly Dictionary<NativeBlock, int> _users = [];

    /// <summary>The smallest block that is large enough and not among those that the arena has already, to which it is added.</summary>
    public NativeBlock Take(long bytes, HashSet<NativeBlock> taken)
    {
        lock (_lock)
        {
            // To the next power of two, so that sessions of about one size share; what is not written takes no room.
            var block = _users.Keys.Where(each => each.Bytes >= bytes && !taken.Contains(each)).MinBy(each => each.Bytes)
                ?? new NativeBlock((long)BitOperations.RoundUpToPowerOf2((ulong)bytes));
            _users[block] = _users.GetValueOrDefault(block) + 1;
            taken.Add(block);
            return block;
        }
    }

    /// <summary>Frees what no arena has any more.</summary>
    public void Release(IEnumerable<NativeBlock> taken)
    {
        lock (_lock)
        {
            foreach (var block in taken)
            {
                if (--_users[block] == 0)
                {
                    _users.Remove(block);
                    block.Dispose();
                }
            }
        }
    }
}
