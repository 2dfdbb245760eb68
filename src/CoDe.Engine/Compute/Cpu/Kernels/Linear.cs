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

    /// <summary>
    /// Inputs multiplied for all rows before the next ones: the part of a panel that stays in the second-level cache.
    /// </summary>
    private const int MostDepth = 2048;

    public static void Run<TPanel, TEpilogue>(
        ThreadTeam team, CpuTensor y, CpuTensor x, in PackedMatrix weights, TEpilogue epilogue)
        where TPanel : unmanaged, IPanel<V>
        where TEpilogue : unmanaged, IEpilogue<V>
    {
        var panels = weights.PanelCount;
        var rowTasks = (x.Rows + TaskRows - 1) / TaskRows;
        var panelTasks = Math.Min(panels, ((team.Count * TasksPerThread) + rowTasks - 1) / rowTasks);
        var job = new Job<TPanel, TEpilogue>(y, x, weights, epilogue, panels, panelTasks);
        team.Run(ref job, rowTasks * panelTasks);
    }

    /// <summary>Sends a tile through the epilogue, (rows, columns) of it, columns at most a panel's.</summary>
    public static void Finish<TEpilogue>(
        float* tile, CpuTensor y, float* bias, int row, int rows, int column, int columns, TEpilogue epilogue)
        where TEpilogue : unmanaged, IEpilogue<V>
    {
        for (var r = 0; r < rows; r++, tile += 2 * V.Count)
        {
            var destination = (float*)y.Address + ((nint)(row + r) * y.Stride) + column;
            for (var c = 0; c < columns; c += V.Count)
            {
                var lanes = Math.Min(columns - c, V.Count);
                var product = V.Load(tile + c) + V.Load(bias + column + c);
                Lanes.Store(
                    destination + c, epilogue.Apply(product, destination + c, row + r, column + c, lanes), lanes);
            }
        }
    }

    private readonly struct Job<TPanel, TEpilogue>(
        CpuTensor y, CpuTensor x, PackedMatrix weights, TEpilogue epilogue, int panels, int panelTasks) : IJob
        where TPanel : unmanaged, IPanel<V>
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
            var parts = (x.Columns + MostDepth - 1) / MostDepth;
            for (var part = 0; part < parts; part++)
            {
                var (first, end) = (part * x.Columns / parts, (part + 1) * x.Columns / parts);
                for (int row = firstRow, rows; row < lastRow; row += rows)
                {
                    rows = RegisterTile<V, TPanel>.Share(lastRow - row);
                    var tile = parts == 1 ? sums : sums + ((nint)(row - firstRow) * 2 * V.Count);
                    if (row == firstRow)
                    {
                        Multiply<StreamedPanel<V, TPanel>>(tile, row, rows, panel, first, end);
                    }
                    else
                    {
                        Multiply<TPanel>(tile, row, rows, panel, first, end);
                    }

                    if (end == x.Columns)
                    {
                        Finish(tile, y, weights.Bias, row, rows, column, columns, epilogue);
                    }
                }
            }
        }

        /// <summary>Adds inputs [first, end) to the sums of a tile.</summary>
        private void Multiply<TRead>(float* tile, int row, int rows, int panel, int first, int end)
            where TRead : unmanaged, IPanel<V>
        {
            nint offset = 0;
            RegisterTile<V, TRead>.Multiply(
                tile, 2 * V.Count, rows, x.Row(row) + first, (nint)x.Stride * sizeof(float), &offset,
                1, end - first, weights.Panel(panel) + ((nint)first * TPanel.Step), resume: first > 0);
        }
    }
}
