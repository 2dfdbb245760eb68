using TorchTensor = TorchSharp.torch.Tensor;

namespace CoDe.Engine.Compute.Torch;

/// <summary>
/// Torch tensors over the memory of a <see cref="Tensor"/>. They belong to its block: do not dispose them.
/// </summary>
internal static class TorchViews
{
    /// <summary>(rows, columns)</summary>
    public static TorchTensor Matrix(this Tensor tensor)
        => tensor.View(ViewShape.At(tensor.Offset).With(tensor.Columns, 1).With(tensor.Rows, tensor.Stride));

    /// <summary>(columns, rows)</summary>
    public static TorchTensor Transposed(this Tensor tensor)
        => tensor.View(ViewShape.At(tensor.Offset).With(tensor.Rows, tensor.Stride).With(tensor.Columns, 1));

    /// <summary>The first row: (columns).</summary>
    public static TorchTensor Vector(this Tensor tensor)
        => tensor.View(ViewShape.At(tensor.Offset).With(tensor.Columns, 1));

    /// <summary>(rows / rowsPerSequence, rowsPerSequence, columns)</summary>
    public static TorchTensor Sequences(this Tensor tensor, int rowsPerSequence)
        => tensor.View(ViewShape.At(tensor.Offset).With(tensor.Columns, 1).With(rowsPerSequence, tensor.Stride)
            .With(tensor.Rows / rowsPerSequence, (long)rowsPerSequence * tensor.Stride));

    /// <summary>The first rows, one a sequence: (sequences, 1, columns).</summary>
    public static TorchTensor PerSequence(this Tensor tensor, int sequences)
        => tensor.RowRange(0, sequences).Sequences(1);

    /// <summary>Heads of each row: (rows, heads, headWidth).</summary>
    public static TorchTensor HeadsOfRows(this Tensor tensor, int headWidth)
        => tensor.View(ViewShape.At(tensor.Offset).With(headWidth, 1).With(tensor.Columns / headWidth, headWidth)
            .With(tensor.Rows, tensor.Stride));

    /// <summary>Rows of each head: (sequences, heads, rowsPerSequence, headWidth).</summary>
    public static TorchTensor Heads(this Tensor tensor, int rowsPerSequence, int headWidth)
        => tensor.View(ViewShape.At(tensor.Offset).With(headWidth, 1).With(rowsPerSequence, tensor.Stride)
            .With(tensor.Columns / headWidth, headWidth)
            .With(tensor.Rows / rowsPerSequence, (long)rowsPerSequence * tensor.Stride));

    /// <summary>
    /// Rows of each head, keys before values: (sequences, 2, heads, rowsPerSequence, headWidth) of columns that are
    /// (2 x heads x headWidth).
    /// </summary>
    public static TorchTensor KeysAndValues(this Tensor tensor, int rowsPerSequence, int headWidth)
        => tensor.View(ViewShape.At(tensor.Offset).With(headWidth, 1).With(rowsPerSequence, tensor.Stride)
            .With(tensor.Columns / (2 * headWidth), headWidth).With(2, tensor.Columns / 2)
            .With(tensor.Rows / rowsPerSequence, (long)rowsPerSequence * tensor.Stride));

    /// <summary>
    /// Maps as libtorch's convolutions take them, (images, channels, height, width), with channels last in memory.
    /// </summary>
    public static TorchTensor Maps(this Tensor tensor, int height, int width)
        => tensor.View(ViewShape.At(tensor.Offset).With(width, tensor.Stride).With(height, (long)width * tensor.Stride)
            .With(tensor.Columns, 1)
            .With(tensor.Rows / (height * width), (long)height * width * tensor.Stride));

    /// <summary>Kernels of (outputs, height x width x inputs) memory: (outputs, inputs, height, width).</summary>
    public static TorchTensor Kernels(this Tensor tensor, int kernel)
    {
        long inputs = tensor.Columns / (kernel * kernel);
        return tensor.View(ViewShape.At(tensor.Offset).With(kernel, inputs).With(kernel, kernel * inputs)
            .With(inputs, 1).With(tensor.Rows, tensor.Stride));
    }

    public static TorchTensor View(this Tensor tensor, in ViewShape shape) => ((TorchBlock)tensor.Block).View(shape);
}
