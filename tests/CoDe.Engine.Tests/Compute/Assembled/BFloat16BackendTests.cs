using CoDe.Engine.Compute;
using CoDe.Engine.Compute.Cpu;
using Xunit;

namespace CoDe.Engine.Tests.Compute.Assembled;

/// <summary>
/// Operators whose inputs are bfloat16, against float64 loops over the same rounded numbers, and against themselves in
/// other batches and on other numbers of threads.
/// </summary>
public sealed class BFloat16BackendTests : IDisposable
{
    /// <summary>Tolerance of bfloat16: half a unit in the last place, and a little for sums.</summary>
    private const double Rounding = 1.0 / 256;

    private readonly IBackend _backend = Create(threads: 3);
    private readonly Arena _arena;
    private readonly Random _random = new(1);

    public BFloat16BackendTests() => _arena = _backend.CreateArena();

    [BFloat16Theory]
    [InlineData(1, 4, 5)]
    [InlineData(2, 64, 64)]
    [InlineData(13, 40, 33)]
    [InlineData(50, 192, 70)]
    [InlineData(401, 30, 97)]
    [InlineData(201, 8210, 33)]
    public void Linear_OfAnySize_IsTheProductPlusBias(int rows, int inputs, int outputs)
    {
        var (x, w, b) = (Values(rows * inputs), Values(outputs * inputs), Values(outputs));
        var (wide, narrow) = (_arena.Allocate(rows, outputs), Activations(rows, outputs));
        var (input, weights) = (Activations(x, inputs), Linear(w, b, inputs));
        _backend.Linear(wide, input, weights, rowsPerSequence: 1);
        _backend.Linear(narrow, input, weights, rowsPerSequence: 1);
        var expected = Product(x, w, b, inputs);
        AssertClose(expected, wide, Math.Max(2e-5, 1e-7 * inputs));
        AssertClose(expected, narrow, Rounding);
    }

    [BFloat16Fact]
    public void LinearGelu_OfAnyRows_IsTheTanhForm()
    {
        var (x, w, b) = (Values(7 * 30), Values(45 * 30), Values(45));
        var y = Activations(7, 45);
        _backend.LinearGelu(y, Activations(x, 30), Linear(w, b, 30), rowsPerSequence: 1);
        AssertClose([.. Product(x, w, b, 30).Select(Gelu)], y, Rounding);

        static double Gelu(double v)
            => 0.5 * v * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (v + (0.044715 * v * v * v))));
    }

    [BFloat16Fact]
    public void LinearGatedResidual_OfThreeSequences_AddsInFloat32()
    {
        var (x, w, b, gate, before) = (Values(6 * 20), Values(37 * 20), Values(37), Values(3 * 37), Values(6 * 37));
        var y = Upload(before, 37);
        _backend.LinearGatedResidual(y, Activations(x, 20), Linear(w, b, 20), Upload(gate, 37), rowsPerSequence: 2);
        var product = Product(x, w, b, 20);
        AssertClose(
            [.. before.Select((v, i) => v + ((double)gate[(i / 37 / 2 * 37) + (i % 37)] * product[i]))], y, 2e-5);
    }

    /// <summary>A layer that reads float32, as the head does.</summary>
    [BFloat16Fact]
    public void Linear_OfFloat32_RoundsWeightsAlone()
    {
        float[] x = [.. Enumerable.Range(0, 60).Select(_ => _random.NextSingle())];
        var (w, b) = (Values(8 * 20), Values(8));
        var weights = _backend.PackLinear(_arena, new Source(w, 8, 20), b, read: ElementType.Float32);
        var y = _arena.Allocate(3, 8);
        _backend.Linear(y, Upload(x, 20), weights, rowsPerSequence: 1);
        AssertClose(Product(x, w, b, 20), y, 2e-5);
    }

    [BFloat16Fact]
    public void PackLinear_OfAnOddNumberOfInputs_IsRefused()
        => Assert.Contains(
            "one has 21", Assert.Throws<NotSupportedException>(() => Linear(Values(8 * 21), Values(8), 21)).Message,
            StringComparison.Ordinal);

    [BFloat16Fact]
    public void LayerNorm_IntoBFloat16_IsThatOfFloat32Rounded()
    {
        var (x, gain, shift) = (Upload(Values(3 * 70), 70), Upload(Values(3 * 70), 70), Upload(Values(3 * 70), 70));
        var (wide, narrow) = (_arena.Allocate(3, 70), Activations(3, 70));
        _backend.LayerNorm(wide, x, gain, shift, rowsPerSequence: 1);
        _backend.LayerNorm(narrow, x, gain, shift, rowsPerSequence: 1);
        Assert.Equal(Floats(wide).Select(v => BFloat16.Expand(BFloat16.Round(v))), Floats(narrow));
    }

    [BFloat16Fact]
    public void RowOperators_IntoBFloat16_AreThoseOfFloat32Rounded()
    {
        var (x, addend) = (Upload(Values(3 * 70), 70), Upload(Values(70), 70));
        AssertRounded(y => _backend.Silu(y, x));
        AssertRounded(y => _backend.AddRows(y, x, addend));
        AssertRounded(y => _backend.Copy(y, x));

        void AssertRounded(Action<Tensor> run)
        {
            var (wide, narrow) = (_arena.Allocate(3, 70), Activations(3, 70));
            run(wide);
            run(narrow);
            Assert.Equal(Floats(wide).Select(v => BFloat16.Expand(BFloat16.Round(v))), Floats(narrow));
        }
    }

    /// <summary>
    /// Weights that are added up are rounded after it, so that a plain product alone is that of float32. Convolutions
    /// whose maps are transformed are float32 anyway.
    /// </summary>
    [BFloat16Theory]
    [InlineData(ConvolutionWalk.Same, 3, 7, 9, 10, 35, 1e-4)]
    [InlineData(ConvolutionWalk.Same, 1, 5, 4, 10, 35, 1e-4)]
    [InlineData(ConvolutionWalk.Same, 3, 5, 13, 11, 35, 1e-4)]
    [InlineData(ConvolutionWalk.Same, 3, 16, 12, 96, 64, 0)]
    [InlineData(ConvolutionWalk.DoubleSize, 3, 4, 5, 10, 35, 0.01)]
    public void Convolution_OfRoundedMaps_IsNearThatOfFloat32(
        ConvolutionWalk walk, int kernel, int height, int width, int inputs, int outputs, double tolerance)
    {
        var (w, b) = (Values(outputs * inputs * kernel * kernel), Values(outputs));
        var x = Upload(Values(2 * height * width * inputs), inputs);
        var repeat = walk == ConvolutionWalk.DoubleSize ? 4 : 1;
        var (rounded, exact) = (_arena.Allocate(x.Rows * repeat, outputs), _arena.Allocate(x.Rows * repeat, outputs));
        _backend.Convolution(rounded, x, Pack(read: null), height, width);
        _backend.Convolution(exact, x, Pack(ElementType.Float32), height, width);
        var deviation = tolerance * Math.Sqrt(inputs * kernel * kernel);
        Assert.All(Floats(exact).Zip(Floats(rounded)), pair => Assert.Equal(pair.First, pair.Second, deviation));

        ConvolutionWeights Pack(ElementType? read) => _backend.PackConvolution(
            _arena, new Source(w, outputs, inputs, kernel, kernel), b, walk, read: read);
    }

    [BFloat16Theory]
    [InlineData(1, 8, 3, 5, true)]
    [InlineData(3, 64, 7, 6, true)]
    [InlineData(2, 20, 40, 5, false)]
    [InlineData(2, 64, 90, 71, true)]
    [InlineData(1, 6, 1, 0, false)]
    public void Attention_OfOneScale_IsSoftmaxOfTheScores(int heads, int width, int rows, int before, bool normalize)
    {
        const int Sequences = 2;
        var (channels, keys) = (heads * width, before + rows);
        var all = Values(Sequences * keys * 3 * channels);
        var scales = Enumerable.Range(0, heads).Select(head => 0.5f + head).ToArray();
        var y = Attend(_backend, _arena, all, scales, Sequences, heads, width, before, [keys], normalize);
        AssertClose(Attended(all, scales, Sequences, keys, before, width, normalize), y, 0.01);
    }

    /// <summary>
    /// An image's bits are the same alone and with others, on one thread and several, and beside what memory held.
    /// </summary>
    [BFloat16Fact]
    public void Operators_InAnyBatchOnAnyThreads_GiveTheSameBits()
    {
        using var single = Create(threads: 1);
        using var arena = single.CreateArena();
        var (w, b) = (Values(96 * 64), Values(96));
        var x = Values(45 * 64);
        var (together, alone) = (_arena.Allocate(45, 96), arena.Allocate(1, 96));
        _backend.Linear(together, Activations(x, 64), Linear(w, b, 64), rowsPerSequence: 1);
        var weights = single.PackLinear(arena, new Source(w, 96, 64), b);
        var row = arena.Allocate(1, 64, ElementType.BFloat16);
        for (var i = 0; i < 45; i++)
        {
            single.Upload(row, x.AsSpan(i * 64, 64));
            single.Linear(alone, row, weights, rowsPerSequence: 1);
            Assert.Equal(Floats(together)[(i * 96)..((i + 1) * 96)], Floats(alone));
        }

        var all = Values(3 * 60 * 3 * 128);
        var batch = Floats(Attend(_backend, _arena, all, [1, 2], 3, 2, 64, 20, [60], normalize: true));
        for (var sequence = 0; sequence < 3; sequence++)
        {
            var own = all[(sequence * 60 * 384)..((sequence + 1) * 60 * 384)];
            var y = Attend(single, arena, own, [1, 2], 1, 2, 64, 20, [60], normalize: true);
            Assert.Equal(batch[(sequence * 40 * 128)..((sequence + 1) * 40 * 128)], Floats(y));
        }
    }

    [Fact]
    public void Create_WithoutTheInstruction_RoundsWeightsAloneAndSaysWhy()
    {
        var options = new CpuOptions(InstructionPath.Portable, CpuPrecision.BFloat16, Threads: 1);
        using var backend = CpuBackend.Create(options);
        using var weights = CpuBackend.Create(options with { Precision = CpuPrecision.BFloat16Weights });
        Assert.Equal(ElementType.Float32, backend.ActivationType);
        Assert.Equal(weights.Arithmetic, backend.Arithmetic);
        Assert.Equal("there is no AVX512-BF16", CpuBackend.ReasonForMore(options));
        Assert.Null(CpuBackend.ReasonForMore(options with { Precision = CpuPrecision.BFloat16Weights }));
    }

    public void Dispose()
    {
        _arena.Dispose();
        _backend.Dispose();
    }

    /// <summary>AVX-512 by name, since the automatic choice is float32 where that is faster.</summary>
    private static InstructionPath PathOfTests
        => BFloat16Processor.Missing is null ? InstructionPath.Avx512 : InstructionPath.Auto;

    private static IBackend Create(int threads)
        => CpuBackend.Create(new CpuOptions(PathOfTests, CpuPrecision.BFloat16, threads));

    /// <summary>Attends to rows of queries, keys and values, of which the first of a sequence are keys alone.</summary>
    private static Tensor Attend(
        IBackend backend, Arena arena, float[] all, float[] scales, int sequences, int heads, int width, int before,
        int[] ends, bool normalize)
    {
        var (channels, keys) = (heads * width, ends[^1]);
        var cache = backend.CreateCache(
            arena, 2, sequences, keys + 1, before, heads, width, ElementType.BFloat16);
        var scale = backend.PackScale(arena, scales, width, normalize);
        if (before > 0)
        {
            backend.StoreKeysValues(Rows(0, before), cache, 1, scale, 0, before);
        }

        var y = arena.Allocate(sequences * (keys - before), channels, ElementType.BFloat16);
        backend.Attention(y, Rows(0, keys - before), cache, 0, scale, before, ends);
        backend.Attention(y, Rows(before, keys), cache, 1, scale, before, ends);
        return y;

        Tensor Rows(int from, int to)
        {
            var rows = arena.Allocate(sequences * (to - from), 3 * channels, ElementType.BFloat16);
            backend.Upload(rows, (float[])[.. Enumerable.Range(0, sequences).SelectMany(sequence =>
                all[(((sequence * keys) + from) * 3 * channels)..(((sequence * keys) + to) * 3 * channels)])]);
            return rows;
        }
    }

    private static double[] Attended(
        float[] all, float[] scales, int sequences, int keys, int before, int width, bool normalize)
    {
        var (heads, channels) = (scales.Length, scales.Length * width);
        return
        [
            .. from sequence in Enumerable.Range(0, sequences)
               from query in Enumerable.Range(before, keys - before)
               from head in Enumerable.Range(0, heads)
               from value in Mixed(sequence, query, head)
               select value,
        ];

        double[] Mixed(int sequence, int query, int head)
        {
            var q = Vector(sequence, query, 0, head, normalize);
            var weights = Enumerable.Range(0, keys)
                .Select(key => Vector(sequence, key, 1, head, normalize).Zip(q, (a, b) => a * b).Sum() * scales[head])
                .Select(Math.Exp).ToArray();
            return [.. Enumerable.Range(0, width).Select(channel => Enumerable.Range(0, keys)
                .Sum(key => weights[key] * Vector(sequence, key, 2, head, false)[channel]) / weights.Sum())];
        }

        double[] Vector(int sequence, int position, int part, int head, bool unit)
        {
            var first = (((sequence * keys) + position) * 3 * channels) + (part * channels) + (head * width);
            var vector = all[first..(first + width)].Select(v => (double)v).ToArray();
            var norm = unit ? Math.Sqrt(vector.Sum(v => v * v)) : 1;
            return [.. vector.Select(v => v / norm)];
        }
    }

    private static double[] Product(float[] x, float[] w, float[] b, int inputs)
        => [.. from row in x.Chunk(inputs)
               from output in Enumerable.Range(0, b.Length)
               select b[output] + Enumerable.Range(0, inputs).Sum(i => (double)row[i] * w[(output * inputs) + i])];

    private LinearWeights Linear(float[] w, float[] b, int inputs)
        => _backend.PackLinear(_arena, new Source(w, b.Length, inputs), b);

    /// <summary>Numbers from -1 to 1 that bfloat16 holds.</summary>
    private float[] Values(int count) => [.. Enumerable.Range(0, count)
        .Select(_ => BFloat16.Expand(BFloat16.Round((_random.NextSingle() * 2) - 1)))];

    private Tensor Activations(int rows, int columns) => _arena.AllocateRows(rows, columns, ElementType.BFloat16);

    private Tensor Activations(float[] values, int columns)
    {
        var tensor = Activations(values.Length / columns, columns);
        _backend.Upload(tensor, values);
        return tensor;
    }

    private Tensor Upload(float[] values, int columns)
    {
        var tensor = _arena.Allocate(values.Length / columns, columns);
        _backend.Upload(tensor, values);
        return tensor;
    }

    private float[] Floats(Tensor tensor)
    {
        var values = new float[tensor.Rows * tensor.Columns];
        _backend.Download(values, tensor);
        return values;
    }

    private void AssertClose(double[] expected, Tensor tensor, double tolerance)
    {
        var found = Floats(tensor);
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < found.Length; i++)
        {
            Assert.Equal(expected[i], found[i], tolerance * Math.Max(1, Math.Abs(expected[i])));
        }
    }

    private sealed class Source(float[] values, params int[] shape) : WeightSource("weight", ElementType.Float32, shape)
    {
        public override void Read(long start, Span<float> destination)
            => values.AsSpan((int)start, destination.Length).CopyTo(destination);
    }
}
