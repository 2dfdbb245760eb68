using System.Diagnostics;
using CoDe.Engine.Compute.Cpu.Simd;

namespace CoDe.Engine.Compute.Cpu.Kernels;

/// <summary>Computes one row of the destination from rows found by its index.</summary>
internal unsafe interface IRowOperator
{
    void Apply(float* y, int row, int columns);
}

/// <summary>Runs an operator over all rows of a tensor, some rows a task.</summary>
internal static unsafe class Rows
{
    /// <summary>Elements of a task: about the second-level cache's worth of reading and writing.</summary>
    private const int TaskElements = 1 << 15;

    public static void Run<TOperator>(ThreadTeam team, CpuTensor y, TOperator rowOperator)
        where TOperator : struct, IRowOperator
    {
        var rowsPerTask = Math.Max(1, TaskElements / Math.Max(1, y.Columns));
        var job = new Job<TOperator>(y, rowOperator, rowsPerTask);
        team.Run(ref job, (y.Rows + rowsPerTask - 1) / rowsPerTask);
    }

    /// <summary>Runs an operator whose rows are rounded to bfloat16.</summary>
    public static void RunRounded<TOperator>(ThreadTeam team, CpuTensor y, TOperator rowOperator)
        where TOperator : struct, IRowOperator
    {
        var rowsPerTask = Math.Max(1, TaskElements / Math.Max(1, y.Columns));
        var job = new RoundedJob<TOperator>(y, rowOperator, rowsPerTask);
        team.Run(ref job, (y.Rows + rowsPerTask - 1) / rowsPerTask);
    }

    private readonly struct Job<TOperator>(CpuTensor y, TOperator rowOperator, int rowsPerTask) : IJob
        where TOperator : struct, IRowOperator
    {
        public void Execute(int task, WorkerScratch scratch)
        {
            var end = Math.Min((task + 1) * rowsPerTask, y.Rows);
            for (var row = task * rowsPerTask; row < end; row++)
            {
                rowOperator.Apply(y.Row(row), row, y.Columns);
            }
        }
    }

    private readonly struct RoundedJob<TOperator>(CpuTensor y, TOperator rowOperator, int rowsPerTask) : IJob
        where TOperator : struct, IRowOperator
    {
        public void Execute(int task, WorkerScratch scratch)
        {
            var wide = scratch.Floats(y.Columns);
            var end = Math.Min((task + 1) * rowsPerTask, y.Rows);
            for (var row = task * rowsPerTask; row < end; row++)
            {
                rowOperator.Apply(wide, row, y.Columns);
                BFloat16.Round(wide, y.HalfRow(row), y.Columns);
            }
        }
    }

    /// <summary>Address of a row of float32.</summary>
    public static float* Row(this CpuTensor tensor, int row)
    {
        Debug.Assert(tensor.Type == ElementType.Float32, "Rows of another type are not float32.");
        return (float*)tensor.Address + ((nint)row * tensor.Stride);
    }

    /// <summary>Address of a row of bfloat16.</summary>
    public static ushort* HalfRow(this CpuTensor tensor, int row)
    {
        Debug.Assert(tensor.Type == ElementType.BFloat16, "Rows of another type are not bfloat16.");
        return (ushort*)tensor.Address + ((nint)row * tensor.Stride);
    }

    /// <summary>Address of a row of uint8.</summary>
    public static byte* ByteRow(this CpuTensor tensor, int row) => (byte*)tensor.Address + ((nint)row * tensor.Stride);
}

/// <summary>y = x * sigmoid(x).</summary>
internal readonly unsafe struct Silu<V>(CpuTensor x) : IRowOperator
    where V : unmanaged, ISimd<V>
{
    public void Apply(float* y, int row, int columns)
    {
        for (var c = 0; c < columns; c += V.Count)
        {
            Lanes.Store(y + c, Of(Lanes.Load<V>(x.Row(row) + c, columns - c)), columns - c);
        }
    }

    public static V Of(V value) => value / (V.Broadcast(1) + V.Exp(V.Zero - value));
}

/// <summary>y[row] = x[row mod x.Rows] + addend[row mod addend.Rows].</summary>
internal readonly unsafe struct AddRows<V>(CpuTensor x, CpuTensor addend) : IRowOperator
    where V : unmanaged, ISimd<V>
{
    public void Apply(float* y, int row, int columns)
    {
        var left = x.Row(row % x.Rows);
        var right = addend.Row(row % addend.Rows);
        for (var c = 0; c < columns; c += V.Count)
        {
            var sum = Lanes.Load<V>(left + c, columns - c) + Lanes.Load<V>(right + c, columns - c);
            Lanes.Store(y + c, sum, columns - c);
        }
    }
}

/// <summary>y += value.</summary>
internal readonly unsafe struct AddConstant<V>(float value) : IRowOperator
    where V : unmanaged, ISimd<V>
{
    public void Apply(float* y, int row, int columns)
    {
        for (var c = 0; c < columns; c += V.Count)
        {
            Lanes.Store(y + c, Lanes.Load<V>(y + c, columns - c) + V.Broadcast(value), columns - c);
        }
    }
}

/// <summary>y += scale * x.</summary>
internal readonly unsafe struct AddScaled<V>(CpuTensor x, float scale) : IRowOperator
    where V : unmanaged, ISimd<V>
{
    public void Apply(float* y, int row, int columns)
    {
        for (var c = 0; c < columns; c += V.Count)
        {
            var sum = V.MultiplyAdd(
                V.Broadcast(scale), Lanes.Load<V>(x.Row(row) + c, columns - c), Lanes.Load<V>(y + c, columns - c));
            Lanes.Store(y + c, sum, columns - c);
        }
    }
}

/// <summary>y = y * (1 - keep) + x * keep.</summary>
internal readonly unsafe struct BlendKept<V>(CpuTensor x, CpuTensor keep) : IRowOperator
    where V : unmanaged, ISimd<V>
{
    public void Apply(float* y, int row, int columns)
    {
        var kept = *keep.Row(row);
        for (var c = 0; c < columns; c += V.Count)
        {
            var replaced = Lanes.Load<V>(y + c, columns - c) * V.Broadcast(1 - kept);
            var blended = V.MultiplyAdd(Lanes.Load<V>(x.Row(row) + c, columns - c), V.Broadcast(kept), replaced);
            Lanes.Store(y + c, blended, columns - c);
        }
    }
}

/// <summary>y[row] = x[row].</summary>
internal readonly unsafe struct Copy(CpuTensor x) : IRowOperator
{
    public void Apply(float* y, int row, int columns)
        => new ReadOnlySpan<float>(x.Row(row), columns).CopyTo(new Span<float>(y, columns));
}

/// <summary>bytes = (x + 1) / 2 * 255, x cut off at -1 and 1, the result at whole numbers.</summary>
internal readonly unsafe struct ToBytes(CpuTensor bytes) : IRowOperator
{
    public void Apply(float* x, int row, int columns)
    {
        var y = bytes.ByteRow(row);
        for (var c = 0; c < columns; c++)
        {
            y[c] = (byte)((Math.Clamp(x[c], -1, 1) + 1) * 0.5f * 255);
        }
    }
}

/// <summary>y = 0.</summary>
internal readonly unsafe struct Clear : IRowOperator
{
    public void Apply(float* y, int row, int columns) => new Span<float>(y, columns).Clear();
}
