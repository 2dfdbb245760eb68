namespace CoDe.Engine.Compute.Cpu.Kernels;

/// <summary>
/// Computes y = softmax(scale[head] * q k^T) v a tile of queries at a time, so that scores stay in the worker's cache.
/// </summary>
internal static class Attention
{
    private const int TasksPerThread = 8;

    /// <param name="rows">Queries of all sequences, those of positions [first, ends[^1]) of each.</param>
    /// <param name="ends">Queries in [ends[i - 1], ends[i]) see the keys before ends[i].</param>
    public static void Run<TTile>(
        ThreadTeam team, TTile tile, int rows, int heads, int first, ReadOnlySpan<int> ends)
        where TTile : struct, IAttentionTile
    {
        var rowsPerSequence = ends[^1] - first;
        var sequences = rows / rowsPerSequence;
        for (var begin = first; !ends.IsEmpty; begin = ends[0], ends = ends[1..])
        {
            var tiles = (ends[0] - begin + TTile.MostRows - 1) / TTile.MostRows;
            var tilesPerTask = Math.Max(1, tiles * heads * sequences / (team.Count * TasksPerThread));
            var tasksPerHead = (tiles + tilesPerTask - 1) / tilesPerTask;
            var job = new Job<TTile>(
                tile, heads, rowsPerSequence, begin - first, ends[0] - begin, ends[0], tilesPerTask, tasksPerHead);
            team.Run(ref job, sequences * heads * tasksPerHead);
        }
    }

    private readonly struct Job<TTile>(
        TTile tile, int heads, int rowsPerSequence, int firstRow, int rows, int keys, int tilesPerTask,
        int tasksPerHead) : IJob
        where TTile : struct, IAttentionTile
    {
        public void Execute(int task, WorkerScratch scratch)
        {
            var (pair, part) = Math.DivRem(task, tasksPerHead);
            var (sequence, head) = Math.DivRem(pair, heads);
            var first = part * tilesPerTask * TTile.MostRows;
            var end = Math.Min(first + (tilesPerTask * TTile.MostRows), rows);
            for (var row = first; row < end; row += TTile.MostRows)
            {
                var count = Math.Min(TTile.MostRows, end - row);
                tile.Execute((sequence * rowsPerSequence) + firstRow + row, count, sequence, head, keys, scratch);
            }
        }
    }
}

/// <summary>Computes attention of some queries of a sequence and head.</summary>
internal interface IAttentionTile
{
    static abstract int MostRows { get; }

    /// <param name="row">First of the queries' rows.</param>
    /// <param name="keys">Keys that they see, from position 0 on.</param>
    void Execute(int row, int count, int sequence, int head, int keys, WorkerScratch scratch);
}
