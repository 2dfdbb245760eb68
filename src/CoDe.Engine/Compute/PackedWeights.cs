namespace CoDe.Engine.Compute;

/// <summary>The weight and bias of a linear layer in a device's own layout: y = x W^T + b.</summary>
/// <param name="outputs">Rows of W.</param>
/// <param name="inputs">Columns of W.</param>
public abstract class LinearWeights(int outputs, int inputs)
{
    public int Outputs { get; } = outputs;

    public int Inputs { get; } = inputs;
}

/// <summary>The kernel and bias of a square convolution in a device's own layout.</summary>
/// <param name="kernel">Side of the kernel, 1 or 3.</param>
public abstract class ConvolutionWeights(int outputs, int inputs, int kernel, ConvolutionWalk walk)
{
    public int Outputs { get; } = outputs;

    public int Inputs { get; } = inputs;

    public int Kernel { get; } = kernel;

    public ConvolutionWalk Walk { get; } = walk;
}

/// <summary>The factor of each head's scores, in a device's own layout.</summary>
/// <param name="normalize">Whether queries and keys are divided by their L2 norm.</param>
public abstract class AttentionScale(bool normalize)
{
    public bool Normalize { get; } = normalize;
}

/// <summary>
/// Keys and values of all layers, sequences and heads for a fixed number of positions, in a device's layout.
/// </summary>
public abstract class KeyValueCache(int layers, int sequences, int positions, int heads, int headWidth)
{
    public int Layers { get; } = layers;

    public int Sequences { get; } = sequences;

    public int Positions { get; } = positions;

    public int Heads { get; } = heads;

    public int HeadWidth { get; } = headWidth;
}

/// <summary>Reads a row of a matrix. It is called by several threads at once.</summary>
internal delegate void RowReader(int row, Span<float> destination);
