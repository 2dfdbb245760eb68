using CoDe.Engine.Compute;
using CoDe.Engine.Compute.Cpu;

namespace CoDe.Benchmarks.Operators;

/// <summary>One operator at one shape.</summary>
/// <param name="Operations">That it must do, additions and multiplications; 0 where memory alone counts.</param>
/// <param name="Bytes">That it must read and write at least once.</param>
/// <param name="Prepare">Allocates and fills what it works on; what it returns runs it once.</param>
internal sealed record OperatorCase(string Name, double Operations, double Bytes, Func<IBackend, Arena, Action> Prepare)
{
    /// <summary>Gets whether its operations are of the type of activations.</summary>
    public bool IsProduct { get; private init; }

    /// <summary>Sequences of one image with guidance.</summary>
    private const int Sequences = 2;

    private static readonly int[] Sides = [1, 2, 3, 4, 5, 6, 8, 10, 13, 16];

    public override string ToString() => Name;

    /// <summary>
    /// Lists the operators of a draft with d30, a refinement with d16 and a VQVAE decoding, for one image with
    /// guidance.
    /// </summary>
    public static IEnumerable<OperatorCase> All(CpuPrecision precision)
    {
        var sizes = new Sizes(precision == CpuPrecision.Float32 ? 4 : 2, precision == CpuPrecision.BFloat16 ? 2 : 4);
        return Sides.Select(side => Linear(2 * side * side, 1920, 1920, sizes))
            .Concat([
                Linear(192, 1920, 1920, sizes), Linear(510, 1024, 4096, sizes), Linear(512, 4096, 1024, sizes),
                Linear(200, 1920, 7680, sizes), Linear(1600, 1920, 7680, sizes)])
            .Concat([
                Attention(2, 30, 100, 255, sizes), Attention(2, 16, 256, 680, sizes),
                LayerNorm(512, 1024, sizes), LayerNorm(200, 1920, sizes), DrawTokens(256)])
            .Concat([
                Convolution(256, 160, 160, ConvolutionWalk.Same),
                Convolution(64, 320, 320, ConvolutionWalk.Same),
                Convolution(16, 640, 640, ConvolutionWalk.Same),
                Convolution(128, 160, 160, ConvolutionWalk.DoubleSize),
                Convolution(256, 160, 3, ConvolutionWalk.Same)])
            .Concat([GroupNorm(256, 160), GroupNorm(64, 320)]);
    }

    private static OperatorCase Linear(int rows, int inputs, int outputs, Sizes sizes) => new(
        $"linear {rows} x {inputs} x {outputs}", 2.0 * rows * inputs * outputs,
        ((double)sizes.Weight * inputs * outputs) + ((double)sizes.Activation * rows * (inputs + outputs)),
        (backend, arena) =>
        {
            // As many layers as do not stay in the cache, since a model's do not either.
            var layers = Enumerable.Range(0, Math.Max(1, (256 << 20) / (inputs * outputs * sizes.Weight)))
                .Select(_ => backend.PackLinear(arena, new RandomSource(outputs, inputs), new float[outputs]))
                .ToArray();
            var (x, next) = (Filled(backend, arena, rows, inputs, backend.ActivationType), 0);
            var y = arena.AllocateRows(rows, outputs, backend.ActivationType);
            return () => backend.Linear(y, x, layers[next++ % layers.Length], rows / Sequences);
        })
    {
        IsProduct = true,
    };

    private static OperatorCase Attention(int sequences, int heads, int rows, int keys, Sizes sizes)
    {
        var width = heads * 64;
        return new(
            $"attention {sequences} x {rows} on {keys}, {heads} heads", 4.0 * sequences * rows * keys * width,
            (double)sizes.Activation * sequences * ((2 * rows) + (2 * keys)) * width, (backend, arena) =>
        {
            var type = backend.ActivationType;
            var cache = backend.CreateCache(arena, 1, sequences, keys, keys, heads, 64, type);
            var scale = backend.PackScale(arena, new float[heads], 64, normalize: true);
            backend.StoreKeysValues(
                Filled(backend, arena, sequences * keys, 3 * width, type), cache, 0, scale, 0, keys);
            var queriesKeysValues = Filled(backend, arena, sequences * rows, 3 * width, type);
            var y = arena.Allocate(sequences * rows, width, type);
            int[] ends = [keys];
            return () => backend.Attention(y, queriesKeysValues, cache, 0, scale, keys - rows, ends);
        })
        {
            IsProduct = true,
        };
    }

    private static OperatorCase LayerNorm(int rows, int width, Sizes sizes)
        => new($"layer norm {rows} x {width}", 0, (4.0 + sizes.Activation) * rows * width, (backend, arena) =>
        {
            var x = Filled(backend, arena, rows, width);
            var y = arena.Allocate(rows, width, backend.ActivationType);
            var (gain, shift) = (Filled(backend, arena, 2, width), Filled(backend, arena, 2, width));
            return () => backend.LayerNorm(y, x, gain, shift, rows / 2);
        });

    private static OperatorCase DrawTokens(int tokens)
        => new($"draw tokens {tokens} of 4096", 0, 8.0 * 2 * tokens * 4096, (backend, arena) =>
        {
            var logits = Filled(backend, arena, 2 * tokens, 4096);
            var drawn = arena.Allocate(1, tokens, ElementType.Int32);
            var draws = backend.CreateDraws(arena, 1);
            backend.Upload(draws, [new(4, 600, 0.95, 1, 1, 0, Smooth: false)]);
            var values = new float[logits.Rows * logits.Columns];
            backend.Download(values, logits);
            return () =>
            {
                // The filter leaves its marks in them.
                backend.Upload(logits, values);
                backend.DrawTokens(drawn, logits, draws, 0);
            };
        });

    private static OperatorCase Convolution(int side, int inputs, int outputs, ConvolutionWalk walk)
    {
        var outputSide = walk == ConvolutionWalk.DoubleSize ? 2 * side : side;
        var suffix = walk == ConvolutionWalk.Same ? "" : ", enlarged";
        var name = $"convolution 3 x 3 of {side} x {side} x {inputs} to {outputs}{suffix}";
        var operations = 18.0 * outputSide * outputSide * inputs * outputs;
        var bytes = 4.0 * ((9.0 * inputs * outputs) + (side * side * inputs) + (outputSide * outputSide * outputs));
        return new(name, operations, bytes, (backend, arena) =>
        {
            var weights = backend.PackConvolution(
                arena, new RandomSource(outputs, inputs, 3, 3), new float[outputs], walk);
            var x = Filled(backend, arena, side * side, inputs);
            var y = arena.Allocate(outputSide * outputSide, outputs);
            return () => backend.Convolution(y, x, weights, side, side);
        });
    }

    private static OperatorCase GroupNorm(int side, int channels) => new(
        $"group norm and SiLU of {side} x {side} x {channels}", 0, 8.0 * side * side * channels, (backend, arena) =>
    {
        var (x, y) = (Filled(backend, arena, side * side, channels), arena.Allocate(side * side, channels));
        var (gain, bias) = (Filled(backend, arena, 1, channels), Filled(backend, arena, 1, channels));
        return () => backend.GroupNorm(y, x, gain, bias, 1, silu: true);
    });

    private static Tensor Filled(
        IBackend backend, Arena arena, int rows, int columns, ElementType type = ElementType.Float32)
    {
        var tensor = arena.AllocateRows(rows, columns, type);
        var values = new float[rows * columns];
        new RandomSource(rows, columns).Read(0, values);
        backend.Upload(tensor, values);
        return tensor;
    }

    /// <summary>Bytes of a weight and of an activation.</summary>
    private readonly record struct Sizes(int Weight, int Activation);

    /// <summary>Numbers from -0.5 to 0.5, always the same.</summary>
    private sealed class RandomSource(params int[] shape) : WeightSource("random", ElementType.Float32, shape)
    {
        public override void Read(long start, Span<float> destination)
        {
            for (var i = 0; i < destination.Length; i++)
            {
                destination[i] = ((uint)((start + i) * 2654435761) / (float)uint.MaxValue) - 0.5f;
            }
        }
    }
}
