using System.Runtime.CompilerServices;
using CoDe.Engine.Compute.Cpu.Simd;

namespace CoDe.Engine.Compute.Cpu.Kernels;

/// <summary>Transforms a product on its way from the register tile to memory.</summary>
internal unsafe interface IEpilogue<V>
    where V : unmanaged, ISimd<V>
{
    /// <param name="product">Lanes of one row of the product, bias added.</param>
    /// <param name="y">Where they go, and what is there now; only <paramref name="lanes"/> of it may be read.</param>
    V Apply(V product, float* y, int row, int column, int lanes);
}

internal readonly unsafe struct Assign<V> : IEpilogue<V>
    where V : unmanaged, ISimd<V>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Apply(V product, float* y, int row, int column, int lanes) => product;
}

/// <summary>gelu(x) = x / (1 + exp(-2 sqrt(2 / pi) (x + 0.044715 x^3))), which is the tanh form rewritten.</summary>
internal readonly unsafe struct Gelu<V> : IEpilogue<V>
    where V : unmanaged, ISimd<V>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Apply(V product, float* y, int row, int column, int lanes)
    {
        var cubic = V.MultiplyAdd(product * product * product, V.Broadcast(0.044715f), product);
        var exp = V.Exp(cubic * V.Broadcast(-1.5957691216057308f));
        return product / (V.Broadcast(1) + exp);
    }
}

/// <summary>y + product: a residual connection.</summary>
internal readonly unsafe struct Accumulate<V> : IEpilogue<V>
    where V : unmanaged, ISimd<V>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Apply(V product, float* y, int row, int column, int lanes) => Lanes.Load<V>(y, lanes) + product;
}

/// <summary>y + gate[sequence] * product: a residual connection that the condition opens.</summary>
internal readonly unsafe struct GatedResidual<V>(CpuTensor gate, int rowsPerSequence) : IEpilogue<V>
    where V : unmanaged, ISimd<V>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Apply(V product, float* y, int row, int column, int lanes)
    {
        var sequence = row / rowsPerSequence;
        var open = (float*)gate.Address + ((nint)sequence * gate.Stride) + column;
        return V.MultiplyAdd(Lanes.Load<V>(open, lanes), product, Lanes.Load<V>(y, lanes));
    }
}
