using CoDe.Engine.Compute.Cpu.Simd;

namespace CoDe.Engine.Compute.Cpu.Kernels;

/// <summary>y = epilogue(x W^T + b).</summary>
internal static unsafe class Linear<V>
    where V : unmanaged, ISimd<V>
{
    /// <summary>
    /// Rows of a task, a multiple of the tile: enough to reuse a panel while it is in the second-level cache.
    /// </summary>
    private const int TaskRows = 192;

    /// <summary>
    /// Smallest number of tasks where there are enough panels; more tasks shorten the wait for a delayed thread.
    /// </summary>
    private const int TasksPerThread = 8;

    public static void Run<TTile, TEpilogue>(
        ThreadTeam team, CpuTensor y, CpuTensor x, in PackedMatrix weights, TTile tile, TEpilogue epilogue)
        where TTile : struct, ILinearTile
        where TEpilogue : unmanaged, IEpilogue<V>
    {
        var panels = weights.PanelCount;
        var rowTasks = (x.Rows + TaskRows - 1) / TaskRows;
        var panelTasks = Math.Min(panels, ((team.Count * TasksPerThread) + rowTasks - 1) / rowTasks);
        var job = new Job<TTile, TEpilogue>(y, x, weights, tile, epilogue, panels, panelTasks);
        team.Run(ref job, rowTasks * panelTasks);
    }

    /// <summary>
    /// Sends a tile through the epilogue, (rows, columns) of it, columns at most a panel's. Where y is bfloat16, the
    /// epilogue must not read it, and the tile is overwritten.
    /// </summary>
    public static void Finish<TEpilogue>(
        float* tile, CpuTensor y, float* bias, int row, int rows, int column, int columns, TEpilogue epilogue)
        where TEpilogue : unmanaged, IEpilogue<V>
    {
        var isRounded = y.Type == ElementType.BFloat16;
        for (var r = 0; r < rows; r++, tile += 2 * V.Count)
        {
            var destination = isRounded ? tile : y.Row(row + r) + column;
            for (var c = 0; c < columns; c += V.Count)
            {
                var lanes = Math.Min(columns - c, V.Count);
                var product = V.Load(tile + c) + V.Load(bias + column + c);
                Lanes.Store(
                    destination + c, epilogue.Apply(product, destination + c, row + r, column + c, lanes), lanes);
            }

            if (isRounded)
            {
                BFloat16.Round(tile, y.HalfRow(row + r) + column, columns);
            }
        }
    }

    private readonly struct Job<TTile, TEpilogue>(
        CpuTensor y, CpuTensor x, PackedMatrix weights, TTile product, TEpilogue epilogue, int panels, int panelTasks)
        : IJob
        where TTile : struct, ILinearTile
        where TEpilogue : unmanaged, IEpilogue<V>
    {
        public void Execute(int task, WorkerScratch scratch)
        {
            var firstRow = task / panelTasks * TaskRows;
            var lastRow = Math.Min(firstRow + TaskRows, x.Rows);
            var part = task % panelTasks;
            var lastPanel = (part + 1) * panels / panelTasks;
            for (var panel = part * panels / panelTasks; panel < lastPanel; panel++)
            {
                MultiplyPanel(panel, firstRow, lastRow, scratch.Floats(TaskRows * 2 * V.Count));
            }
        }

        /// <param name="sums">Room for the product of the rows.</param>
        private void MultiplyPanel(int panel, int firstRow, int lastRow, float* sums)
        {
            var column = panel * 2 * V.Count;
            var columns = Math.Min(2 * V.Count, weights.Outputs - column);
            var parts = (x.Columns + TTile.MostDepth - 1) / TTile.MostDepth;
            for (var part = 0; part < parts; part++)
            {
                var first = EvenPart(part, parts, x.Columns);
                var end = part == parts - 1 ? x.Columns : EvenPart(part + 1, parts, x.Columns);
                for (int row = firstRow, rows; row < lastRow; row += rows)
                {
                    rows = TTile.Share(lastRow - row);
                    var tile = parts == 1 ? sums : sums + ((nint)(row - firstRow) * 2 * V.Count);
                    product.Multiply(
                        tile, x, row, rows, weights.Panel(panel), first, end, isStreamed: row == firstRow);
                    if (end == x.Columns)
                    {
                        Finish(tile, y, weights.Bias, row, rows, column, columns, epilogue);
                    }
                }
            }
        }

        /// <summary>Beginning of a part of the inputs, even since they may lie in pairs.</summary>
        private static int EvenPart(int part, int parts, int inputs) => part * inputs / parts & ~1;
    }
}

/// <summary>Product of some rows of a layer's input and a panel of its weight.</summary>
internal unsafe interface ILinearTile
{
    /// <summary>
    /// Inputs multiplied for all rows before the next ones: the part of a panel that stays in the second-level cache.
    /// </summary>
    static abstract int MostDepth { get; }

    /// <summary>Chooses how many of the remaining rows to take next.</summary>
    static abstract int Share(int rows);

    /// <summary>
    /// Computes the sums of inputs [first, end), with an even first, for a tile (rows, panel width); they are added to
    /// the tile where first is not 0.
    /// </summary>
    /// <param name="isStreamed">Whether the panel comes from memory.</param>
    void Multiply(float* tile, CpuTensor x, int row, int rows, byte* panel, int first, int end, bool isStreamed);
}

/// <summary>Tile of float32 inputs.</summary>
internal readonly unsafe struct Float32LinearTile<V, TPanel> : ILinearTile
    where V : unmanaged, ISimd<V>
    where TPanel : unmanaged, IPanel<V>
{
    public static int MostDepth => 2048;

    public static int Share(int rows) => RegisterTile<V, TPanel>.Share(rows);

    public void Multiply(float* tile, CpuTensor x, int row, int rows, byte* panel, int first, int end, bool isStreamed)
    {
        if (isStreamed)
        {
            Multiply<StreamedPanel<V, TPanel>>(tile, x, row, rows, panel, first, end);
        }
        else
        {
            Multiply<TPanel>(tile, x, row, rows, panel, first, end);
        }
    }

    private static void Multiply<TRead>(float* tile, CpuTensor x, int row, int rows, byte* panel, int first, int end)
        where TRead : unmanaged, IPanel<V>
    {
        nint offset = 0;
        RegisterTile<V, TRead>.Multiply(
            tile, 2 * V.Count, rows, x.Row(row) + first, (nint)x.Stride * sizeof(float), &offset,
            1, end - first, panel + ((nint)first * TPanel.Step), resume: first > 0);
    }
}
