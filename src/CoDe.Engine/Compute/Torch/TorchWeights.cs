using TorchSharp;
using TorchTensor = TorchSharp.torch.Tensor;

namespace CoDe.Engine.Compute.Torch;

/// <param name="weight">(outputs, inputs)</param>
/// <param name="bias">(1, outputs)</param>
internal sealed class TorchLinear(Tensor weight, Tensor bias) : LinearWeights(weight.Rows, weight.Columns)
{
    /// <summary>(inputs, outputs)</summary>
    public TorchTensor Transposed => weight.Transposed();

    public TorchTensor Bias => bias.Vector();
}

/// <param name="weight">(outputs, kernel x kernel x inputs)</param>
/// <param name="bias">(1, outputs)</param>
internal sealed class TorchConvolution(Tensor weight, Tensor bias, int inputs, int kernel, ConvolutionWalk walk)
    : ConvolutionWeights(weight.Rows, inputs, kernel, walk)
{
    public TorchTensor Weight => weight.Kernels(Kernel);

    public TorchTensor Bias => bias.Vector();
}

/// <summary>
/// Factors of queries, then of keys, in float32. libtorch divides scores by sqrt(head width), which those of queries
/// make up for.
/// </summary>
/// <param name="factors">(2 x heads, 1)</param>
internal sealed class TorchScale(Tensor factors, int headWidth, bool normalize) : AttentionScale(normalize)
{
    /// <summary>(heads, 1)</summary>
    public TorchTensor OfQueries => factors.RowRange(0, factors.Rows / 2).Matrix();

    /// <summary>(2 x heads, 1)</summary>
    public TorchTensor OfQueriesAndKeys => factors.Matrix();

    /// <summary>
    /// 1 / sqrt(head width), which libtorch's own attention multiplies scores by. A plan of memory, which needs no
    /// libtorch, never asks for it.
    /// </summary>
    public Scalar OfFusedAttention => field ??= 1 / MathF.Sqrt(headWidth);
}

/// <summary>
/// Keys and values as (layers, 2, sequences, heads, positions, head width), so that new ones are stored by one copy and
/// those of a layer are one batch of matrices.
/// </summary>
internal sealed class TorchCache(
    Arena arena, int layers, int sequences, int positions, int heads, int headWidth, ElementType type)
    : KeyValueCache(layers, sequences, positions, heads, headWidth)
{
    private readonly Tensor _memory = arena.Allocate(layers * 2 * sequences, heads * positions * headWidth, type);

    /// <summary>Elements of the keys of one sequence and layer.</summary>
    private long OfSequence => (long)Heads * Positions * HeadWidth;

    /// <summary>(sequences, 2, heads, count, head width)</summary>
    public TorchTensor Slots(int layer, int sequences, int first, int count)
        => _memory.View(HeadsAt(Keys(layer) + ((long)first * HeadWidth), count).With(2, Sequences * OfSequence)
            .With(sequences, OfSequence));

    /// <summary>(sequences, heads, count, head width)</summary>
    public TorchTensor Keys(int layer, int sequences, int count)
        => _memory.View(HeadsAt(Keys(layer), count).With(sequences, OfSequence));

    /// <summary>(sequences, heads, count, head width)</summary>
    public TorchTensor Values(int layer, int sequences, int count)
        => _memory.View(HeadsAt(Keys(layer) + (Sequences * OfSequence), count).With(sequences, OfSequence));

    private long Keys(int layer) => _memory.Offset + (2 * Sequences * OfSequence * layer);

    private ViewShape HeadsAt(long offset, int count)
        => ViewShape.At(offset).With(HeadWidth, 1).With(count, HeadWidth).With(Heads, (long)Positions * HeadWidth);
}

/// <param name="host">The same draws for kernels of the CPU.</param>
/// <param name="guidance">(2 x images, 1): 1 + t of each image, then -t; null where the CPU guides.</param>
internal sealed class TorchDraws(DrawTable host, Tensor? guidance) : DrawTable(host.Images)
{
    public DrawTable Host => host;

    public Tensor? Guidance => guidance;

    /// <summary>Tells whether features of any image are a mixture, made from the filtered logits.</summary>
    public bool AnySmooth { get; set; }
}
