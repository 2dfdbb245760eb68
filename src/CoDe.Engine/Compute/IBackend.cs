namespace CoDe.Engine.Compute;

/// <summary>
/// Border between the models and a device: memory, packed weights, and operators as coarse as useful fusions. Operators
/// take the destination first and leave nothing allocated. Calls are made by one thread at a time.
/// </summary>
/// <remarks>
/// Sequences: a batch of B images that uses guidance decodes S = 2B sequences, the conditional ones first. Tensors of
/// per-sequence vectors (gates, scales, shifts) have a row a sequence; further rows are not read.
/// </remarks>
public interface IBackend : IDisposable
{
    /// <summary>The device, its instruction path and its precision, for people.</summary>
    string Description { get; }

    /// <summary>
    /// Identifies the arithmetic: the same models and requests give the same images wherever this is the same.
    /// </summary>
    string Arithmetic { get; }

    /// <summary>Gets whether the bits of an image may depend on the batch that it is decoded in.</summary>
    bool BitsDependOnBatch { get; }

    /// <summary>The device's own memory; null where it works in the process's. Any thread may ask.</summary>
    DeviceMemory? Memory { get; }

    /// <summary>The type of a table that is large and only gathered from: that of packed weights.</summary>
    ElementType TableType { get; }

    /// <summary>
    /// Type of the inputs of linear layers and of the inputs and outputs of attention. The residual stream, conditions,
    /// logits and the quantizer's maps are float32.
    /// </summary>
    ElementType ActivationType { get; }

    /// <summary>The type of the maps between the layers of the VQVAE's encoder and decoder.</summary>
    ElementType MapType { get; }

    /// <summary>Counts the memory that loading would take; null where memory is not planned.</summary>
    IMemoryPlan? Plan();

    /// <summary>Tells the meaning of an exception of this back end for its device.</summary>
    DeviceFault FaultOf(Exception failure);

    Arena CreateArena();

    /// <summary>
    /// Memory for values that every run computes anew. All sessions of a back end share it, since they run one after
    /// the other: it is not zeroed and does not last until the next run.
    /// </summary>
    Arena CreateScratch();

    /// <param name="kept">
    /// Positions that later passes read. Those from here on are read by no pass but the one that stores them, so a
    /// device may store them once for all layers.
    /// </param>
    /// <param name="type">
    /// Of keys, values and queries: <see cref="ActivationType"/>, <see cref="MapType"/> or float32.
    /// </param>
    KeyValueCache CreateCache(
        Arena arena, int layers, int sequences, int positions, int kept, int heads, int headWidth, ElementType type);

    DrawTable CreateDraws(Arena arena, int images);

    // Weights

    /// <summary>Packs a (outputs, inputs) weight.</summary>
    /// <param name="read">Type of the layer's input: <see cref="ActivationType"/> unless it is float32.</param>
    LinearWeights PackLinear(Arena arena, WeightSource weight, ReadOnlySpan<float> bias, ElementType? read = null);

    /// <summary>
    /// Packs a (outputs, inputs, kernel, kernel) weight for one walk as blend x convolution + (1 - blend) x identity.
    /// </summary>
    /// <param name="read">
    /// Float32 where it reads that and computes in it; otherwise it reads <see cref="MapType"/> and computes in the
    /// precision of the back end.
    /// </param>
    ConvolutionWeights PackConvolution(
        Arena arena, WeightSource weight, ReadOnlySpan<float> bias,
        ConvolutionWalk walk = ConvolutionWalk.Same, float blend = 1, ElementType? read = null);

    /// <summary>Packs the factor of each head's scores.</summary>
    /// <param name="normalize">Whether queries and keys are divided by their L2 norm.</param>
    AttentionScale PackScale(Arena arena, ReadOnlySpan<float> scales, int headWidth, bool normalize);

    void Upload(Tensor y, ReadOnlySpan<float> values);

    void Upload(Tensor y, ReadOnlySpan<int> values);

    void Upload(DrawTable table, ReadOnlySpan<TokenDraw> draws);

    void Download(Span<float> values, Tensor x);

    void Download(Span<int> values, Tensor x);

    void Download(Span<byte> values, Tensor x);

    /// <summary>Waits until all that was asked for is done, for who measures.</summary>
    void Synchronize();

    // The transformer

    /// <summary>y = x W^T + b.</summary>
    /// <param name="rowsPerSequence">
    /// Rows of a sequence of x, or 1 where rows belong to no sequence. A device whose bits do not depend on the batch
    /// may choose its algorithm by this number, never by that of all rows.
    /// </param>
    void Linear(Tensor y, Tensor x, LinearWeights weights, int rowsPerSequence);

    /// <summary>y = gelu(x W^T + b), the tanh form.</summary>
    /// <param name="rowsPerSequence">As of <see cref="Linear"/>.</param>
    void LinearGelu(Tensor y, Tensor x, LinearWeights weights, int rowsPerSequence);

    /// <summary>y += gate[sequence] * (x W^T + b).</summary>
    /// <param name="rowsPerSequence">As of <see cref="Linear"/>, and of a gate.</param>
    void LinearGatedResidual(Tensor y, Tensor x, LinearWeights weights, Tensor gate, int rowsPerSequence);

    /// <summary>
    /// Computes y = (x - mean) / sqrt(variance + 1e-6) * gain[sequence] + shift[sequence], over columns.
    /// </summary>
    void LayerNorm(Tensor y, Tensor x, Tensor gain, Tensor shift, int rowsPerSequence);

    /// <summary>y = x * sigmoid(x).</summary>
    void Silu(Tensor y, Tensor x);

    /// <summary>y[row] = x[row mod x.Rows] + addend[row mod addend.Rows]. y must not overlap x.</summary>
    void AddRows(Tensor y, Tensor x, Tensor addend);

    /// <summary>
    /// y[row] = table[indices[row]]; the table is float32 or of <see cref="TableType"/>, indices are int32 (rows, 1) or
    /// a token map's (images, tokens).
    /// </summary>
    void Gather(Tensor y, Tensor table, Tensor indices);

    /// <summary>
    /// Stores keys and values of positions [first, first + rowsPerSequence) of every sequence, from
    /// <paramref name="queriesKeysValues"/>, (sequences x positions, 3 x width), which is overwritten. Keys are divided
    /// by their L2 norm per head where the scale says so.
    /// </summary>
    void StoreKeysValues(
        Tensor queriesKeysValues, KeyValueCache cache, int layer, AttentionScale scale, int first, int rowsPerSequence);

    /// <summary>
    /// Stores keys and values as <see cref="StoreKeysValues"/> does, then computes y = softmax(scale[head] * q k^T) v
    /// over the cache. Queries are positions [first, ends[^1]) of every sequence; those in [ends[i - 1], ends[i]) see
    /// the keys before ends[i]. One end is a scale that sees all; several are the block-causal pass over a prefix.
    /// </summary>
    void Attention(
        Tensor y, Tensor queriesKeysValues, KeyValueCache cache, int layer,
        AttentionScale scale, int first, ReadOnlySpan<int> ends);

    // Sampling

    /// <summary>
    /// Guides and filters the logits in place, with -inf where dropped, and draws a token from each row. tokens is
    /// int32 (images, l), logits (S x l, vocabulary) with S either images or 2 x images;
    /// <paramref name="firstPosition"/> numbers the noise. Formulas and noise: docs/decoding.md.
    /// </summary>
    void DrawTokens(Tensor tokens, Tensor logits, DrawTable draws, int firstPosition);

    /// <summary>
    /// Mixes codes for images whose draw is smooth: y = softmax((logits * sharpness + noise) / temperature) @ codebook,
    /// from logits as <see cref="DrawTokens"/> left them. The rows of other images stay as they are. y is (images x
    /// tokens, code width).
    /// </summary>
    void MixCodes(
        Tensor y, Tensor logits, Tensor codebook, DrawTable draws, int tokens, CodeMixture mixture, int firstPosition);

    // The quantizer, on NHWC maps of side x side

    /// <summary>Bicubic enlargement (a = -0.75, half-pixel centres, clamped border) from side to finalSide.</summary>
    void ResizeBicubic(Tensor y, Tensor x, int side, int finalSide);

    /// <summary>Mean over the area that each of side x side cells covers of finalSide x finalSide.</summary>
    void ResizeArea(Tensor y, Tensor x, int finalSide, int side);

    /// <summary>
    /// Sets tokens[row] to the code nearest to x[row] in squared distance, the first of equals. tokens is (images, l).
    /// </summary>
    void NearestCode(Tensor tokens, Tensor x, Tensor codebook);

    /// <summary>y += value.</summary>
    void AddConstant(Tensor y, float value);

    /// <summary>y += scale * x.</summary>
    void AddScaled(Tensor y, Tensor x, float scale);

    /// <summary>y = y * (1 - keep) + x * keep, with keep (rows, 1).</summary>
    void BlendKept(Tensor y, Tensor x, Tensor keep);

    /// <summary>y = x, rounded to y's type.</summary>
    void Copy(Tensor y, Tensor x);

    /// <summary>y = 0.</summary>
    void Clear(Tensor y);

    // The VQVAE, on NHWC maps

    /// <summary>y = convolution(x) + b, for input maps of height x width.</summary>
    void Convolution(Tensor y, Tensor x, ConvolutionWeights weights, int height, int width);

    /// <summary>Computes y = (x + 1) / 2 * 255 as uint8, with x clamped to [-1, 1] and the result truncated.</summary>
    void ToBytes(Tensor y, Tensor x);

    /// <summary>y += convolution(x) + b, of weights whose walk keeps the size.</summary>
    void ConvolutionAdd(Tensor y, Tensor x, ConvolutionWeights weights, int height, int width);

    /// <summary>
    /// Group norm over 32 groups of channels, eps 1e-6, with gain and bias (1, channels), then optional SiLU.
    /// </summary>
    void GroupNorm(Tensor y, Tensor x, Tensor gain, Tensor bias, int images, bool silu);
}
