using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CoDe.Compute.Cuda;

/// <summary>One parameter of a kernel, by value, as its source declares it.</summary>
internal unsafe struct KernelArgument
{
    /// <summary>As large as the largest, <see cref="AttentionEnds"/>.</summary>
    private fixed ulong _value[9];

    /// <summary><c>struct Matrix</c>.</summary>
    public static implicit operator KernelArgument(Tensor tensor) => Of(new Matrix(tensor.Address, tensor.Rows, tensor.Columns, tensor.Stride));

    public static implicit operator KernelArgument(nint pointer) => Of(pointer);

    public static implicit operator KernelArgument(int value) => Of(value);

    public static implicit operator KernelArgument(float value) => Of(value);

    public static implicit operator KernelArgument(AttentionEnds ends) => Of(ends);

    private static KernelArgument Of<T>(T value)
        where T : unmanaged
    {
        KernelArgument argument = default;
        Unsafe.WriteUnaligned(argument._value, value);
        return argument;
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Matrix(nint Data, int Rows, int Columns, int Stride);
}

/// <summary><c>struct Ends</c>: where the scales of a block-causal pass end.</summary>
internal unsafe struct AttentionEnds
{
    private const int Most = 16;

    private readonly int _count;
    private fixed int _ends[Most];

    public AttentionEnds(ReadOnlySpan<int> ends)
    {
        if (ends.Length > Most)
        {
            throw new NotSupportedException(FormattableString.Invariant($"A pass over {ends.Length} scales; the CUDA kernels take {Most}."));
        }

        _count = ends.Length;
        for (var i = 0; i < ends.Length; i++)
        {
            _ends[i] = ends[i];
        }
    }
}
