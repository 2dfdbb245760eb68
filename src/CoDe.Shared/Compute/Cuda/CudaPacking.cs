using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CoDe.Compute.Cuda;

/// <summary>A linear layer as it lies on the device: (outputs, inputs) as in the checkpoint, the bias float32.</summary>
/// <param name="name">Of the weight in the checkpoint.</param>
/// <param name="narrowBias">The bias rounded to the weight's type, for cuBLASLt, which adds none but of its result's type.</param>
internal sealed class CudaLinear(string name, Tensor weight, Tensor bias, Tensor? narrowBias) : LinearWeights(weight.Rows, weight.Columns)
{
    public string Name => name;

    public Tensor Weight => weight;

    public Tensor Bias => bias;

    public Tensor BiasFor(ElementType result) => narrowBias is { } narrow && narrow.Type == result ? narrow : bias;
}

/// <summary>A convolution likewise: (outputs, taps x inputs), so that an output is one row's product with what lies under the kernel.</summary>
internal sealed class CudaConvolution(Tensor weight, Tensor bias, int inputs, int kernel, ConvolutionWalk walk)
    : ConvolutionWeights(weight.Rows, inputs, kernel, walk)
{
    public Tensor Weight => weight;

    public Tensor Bias => bias;
}

/// <summary>Keys and values of (layers, sequences, heads, positions, head width) each.</summary>
internal sealed class CudaCache : KeyValueCache
{
    private readonly Tensor _keys;
    private readonly Tensor _values;

    public CudaCache(Arena arena, int layers, int sequences, int positions, int heads, int headWidth, ElementType type)
        : base(layers, sequences, positions, heads, headWidth)
    {
        _keys = arena.Allocate(checked(layers * sequences * heads * positions), headWidth, type);
        _values = arena.Allocate(_keys.Rows, headWidth, type);
    }

    public ElementType Type => _keys.Type;

    /// <summary>Address of a layer's keys.</summary>
    public nint Keys(int layer) => Layer(_keys, layer);

    /// <summary>Address of a layer's values.</summary>
    public nint Values(int layer) => Layer(_values, layer);

    private nint Layer(Tensor all, int layer) => all.RowRange(all.Rows / Layers * layer, all.Rows / Layers).Address;
}

/// <summary>A row of <see cref="DrawSettings"/> an image.</summary>
internal sealed class CudaDraws(Arena arena, int images) : DrawTable(images)
{
    public Tensor Table { get; } = arena.Allocate(images, Unsafe.SizeOf<DrawSettings>(), ElementType.UInt8);
}

/// <summary><c>struct Draw</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct DrawSettings(TokenDraw draw)
{
    private readonly double _guidance = draw.Guidance;
    private readonly int _topK = draw.TopK;
    private readonly int _padding = 0;
    private readonly double _topP = draw.TopP;
    private readonly double _temperature = draw.Temperature;
    private readonly ulong _seed = draw.Seed;
    private readonly uint _image = draw.Image;
    private readonly uint _smooth = draw.Smooth ? 1u : 0;
}

/// <summary>Copies weights to the device in pieces, rounded there: the host holds one piece of float32 at a time.</summary>
internal sealed class CudaPacking(CudaTransfer transfer)
{
    /// <summary>Numbers of a piece: enough that the copy, not the call, is what takes the time.</summary>
    private const int Piece = 1 << 22;

    private float[] _rows = [];

    /// <param name="read">Reads a row of the matrix as it is packed.</param>
    public Tensor Pack(Arena arena, int outputs, int inputs, ElementType type, RowReader read)
    {
        var weight = arena.AllocateRows(outputs, inputs, type);
        var rowsPerPiece = Math.Clamp(Piece / inputs, 1, outputs);
        Array.Resize(ref _rows, Math.Max(_rows.Length, rowsPerPiece * inputs));
        for (var first = 0; first < outputs; first += rowsPerPiece)
        {
            var count = Math.Min(rowsPerPiece, outputs - first);
            for (var row = 0; row < count; row++)
            {
                read(first + row, _rows.AsSpan(row * inputs, inputs));
            }

            transfer.Upload(weight.RowRange(first, count), _rows.AsSpan(0, count * inputs));
        }

        return weight;
    }

    public Tensor PackBias(Arena arena, ReadOnlySpan<float> bias, ElementType type = ElementType.Float32)
    {
        var tensor = arena.Allocate(1, bias.Length, type);
        transfer.Upload(tensor, bias);
        return tensor;
    }
}
