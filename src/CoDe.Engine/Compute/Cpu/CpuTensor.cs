namespace CoDe.Engine.Compute.Cpu;

/// <summary>A <see cref="Tensor"/> by its address, as kernels read and write it.</summary>
/// <param name="Address">Of element (0, 0).</param>
/// <param name="Stride">Elements from one row to the next.</param>
internal readonly record struct CpuTensor(nint Address, int Rows, int Columns, int Stride, ElementType Type)
{
    public static implicit operator CpuTensor(Tensor tensor) => new(
        ((NativeBlock)tensor.Block).Address + (nint)(tensor.Offset * tensor.Type.Size()),
        tensor.Rows, tensor.Columns, tensor.Stride, tensor.Type);

    /// <summary>Takes <paramref name="count"/> rows, every <paramref name="step"/>-th from the first.</summary>
    public CpuTensor EveryRow(int first, int step, int count) => this with
    {
        Address = Address + ((nint)first * Stride * Type.Size()),
        Rows = count,
        Stride = Stride * step,
    };
}
