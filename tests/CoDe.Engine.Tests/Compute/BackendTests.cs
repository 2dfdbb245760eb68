using CoDe.Engine.Compute;
using CoDe.Engine.Compute.Cpu;
using CoDe.Flow;
using Xunit;

namespace CoDe.Engine.Tests.Compute;

/// <summary>
/// Every operator of a back end against a plain float64 loop, at sizes that fill no register and no tile evenly.
/// </summary>
public abstract class BackendTests(IBackend backend) : IDisposable
{
    private readonly Arena _arena = backend.CreateArena();
    private readonly Random _random = new(1);

    [Theory]
    [InlineData(1, 3, 5)]
    [InlineData(2, 64, 64)]
    [InlineData(13, 40, 33)]
    [InlineData(50, 192, 70)]
    [InlineData(401, 31, 97)]
    [InlineData(14, 2050, 40)]
    [InlineData(201, 4099, 33)]
    public void Linear_OfAnySize_IsTheProductPlusBias(int rows, int inputs, int outputs)
    {
        var (x, w, b) = (Values(rows * inputs), Values(outputs * inputs), Values(outputs));
        var y = _arena.Allocate(rows, outputs);
        backend.Linear(y, Upload(x, inputs), Linear(w, b, inputs), rowsPerSequence: 1);
        AssertClose(Product(x, w, b, inputs), y, Math.Max(2e-5, 1e-7 * inputs));
    }

    /// <summary>Whatever thread met it.</summary>
    [Fact]
    public void PackLinear_OfASourceThatFails_ThrowsWhatItThrew()
        => Assert.Throws<IOException>(() => backend.PackLinear(_arena, new Broken(500, 40), new float[500]));

    [Fact]
    public void LinearGelu_OfAnyRows_IsTheTanhForm()
    {
        var (x, w, b) = (Values(7 * 30, 3), Values(45 * 30), Values(45));
        var y = _arena.Allocate(7, 45);
        backend.LinearGelu(y, Upload(x, 30), Linear(w, b, 30), rowsPerSequence: 1);
        AssertClose([.. Product(x, w, b, 30).Select(Gelu)], y);

        static double Gelu(double v)
            => 0.5 * v * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (v + (0.044715 * v * v * v))));
    }

    [Fact]
    public void LinearGatedResidual_OfThreeSequences_OpensEachByItsGate()
    {
        var (x, w, b, gate, before) = (Values(6 * 20), Values(37 * 20), Values(37), Values(3 * 37), Values(6 * 37));
        var y = Upload(before, 37);
        backend.LinearGatedResidual(y, Upload(x, 20), Linear(w, b, 20), Upload(gate, 37), rowsPerSequence: 2);
        var product = Product(x, w, b, 20);
        AssertClose(
            [.. before.Select((v, i) => v + (gate[(i / 37 / 2 * 37) + (i % 37)] * product[i]))], y);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(64)]
    [InlineData(200)]
    public void LayerNorm_OfAnyWidth_NormalisesScalesAndShifts(int width)
    {
        var (x, gain, shift) = (Values(3 * width, 2, 100), Values(3 * width, 1, 1), Values(3 * width));
        var y = _arena.Allocate(3, width);
        backend.LayerNorm(y, Upload(x, width), Upload(gain, width), Upload(shift, width), rowsPerSequence: 1);
        AssertClose(
            [.. x.Chunk(width).SelectMany(Standardized).Select((v, i) => (v * gain[i]) + shift[i])], y, 2e-4);
    }

    [Fact]
    public void AddConstant_OfSomeColumns_LeavesTheOthers()
    {
        var before = Values(3 * 50);
        var y = Upload(before, 50);
        backend.AddConstant(y.ColumnRange(7, 40), 1);
        AssertClose([.. before.Select((v, i) => (double)v + (i % 50 is >= 7 and < 47 ? 1 : 0))], y);
    }

    [Fact]
    public void Silu_OfAnyValue_IsXTimesItsSigmoid()
    {
        var x = Values(101, 8);
        var y = _arena.Allocate(1, 101);
        backend.Silu(y, Upload(x, 101));
        AssertClose([.. x.Select(v => v / (1 + Math.Exp(-v)))], y);
    }

    [Fact]
    public void Scratch_OfTwoSessions_IsTheSameMemory()
    {
        using var first = backend.CreateScratch();
        var (large, small) = (first.Allocate(1, 3000), first.Allocate(1, 100));
        using var second = backend.CreateScratch();
        Assert.Equal(large, second.Allocate(1, 3000));
        Assert.Equal(small, second.Allocate(1, 100));
        Assert.True(small.Block != large.Block || small.Offset >= large.Offset + 3000);
    }

    /// <summary>More than a block holds goes into further ones; what was handed out stays where it is.</summary>
    [Fact]
    public void Scratch_BeyondABlock_GoesOnInTheNext()
    {
        using var first = backend.CreateScratch();
        var (small, huge, after) = (first.Allocate(1, 100), first.Allocate(70_000, 1000), first.Allocate(1, 100));
        using var second = backend.CreateScratch();
        Assert.Equal(small, second.Allocate(1, 100));
        Assert.Equal(huge, second.Allocate(70_000, 1000));
        Assert.Equal(after, second.Allocate(1, 100));
        backend.Upload(huge.RowRange(69_999, 1), new float[1000]);
    }

    [Fact]
    public void Table_OfTheBackEndsType_GivesItsRows()
    {
        var x = Values(5 * 37);
        var table = _arena.Allocate(5, 37, backend.TableType);
        backend.Copy(table, Upload(x, 37));
        var indices = _arena.Allocate(1, 3, ElementType.Int32);
        int[] rows = [4, 0, 2];
        backend.Upload(indices, rows);
        var y = _arena.Allocate(3, 37);
        backend.Gather(y, table, indices);
        AssertClose(
            [.. rows.SelectMany(row => x[(row * 37)..((row + 1) * 37)]).Select(value => (double)value)],
            y, backend.TableType == ElementType.Float32 ? 0 : 1 / 128.0);
    }

    [Fact]
    public void AddRows_OfFewerRows_RepeatsThem()
    {
        var (x, addend) = (Values(2 * 9), Values(1 * 9));
        var y = _arena.Allocate(4, 9);
        backend.AddRows(y, Upload(x, 9), Upload(addend, 9));
        AssertClose([.. Enumerable.Range(0, 36).Select(i => (double)x[i % 18] + addend[i % 9])], y);
    }

    [Theory]
    [InlineData(1, 8, 3, 5)]
    [InlineData(3, 64, 7, 5)]
    [InlineData(2, 20, 40, 5)]
    [InlineData(2, 20, 90, 70)]
    public void Attention_OfOneScale_IsSoftmaxOfTheScores(int heads, int width, int rows, int before)
    {
        const int Sequences = 2;
        var keys = before + rows;
        var (queries, keysValues) =
            (Values(Sequences * rows * heads * width), Values(Sequences * keys * 2 * heads * width));
        var scales = Values(heads, 0.4f, 1);
        var y = Attend(queries, keysValues, scales, heads, width, before, [keys], normalize: true);
        AssertClose(Attended(queries, keysValues, scales, Sequences, heads, width, before, [keys]), y);
    }

    [Fact]
    public void Attention_OfAPrefix_LetsEveryScaleSeeUpToItself()
    {
        var (queries, keysValues, scales) = (Values(14 * 16), Values(14 * 2 * 16), Values(2, 0.4f, 1));
        var y = Attend(queries, keysValues, scales, 2, 8, 0, [1, 5, 14], normalize: true);
        AssertClose(Attended(queries, keysValues, scales, 1, 2, 8, 0, [1, 5, 14]), y);
    }

    [Fact]
    public void Attention_WithoutNormalization_ScalesTheProducts()
    {
        var (queries, keysValues) = (Values(7 * 16), Values(7 * 2 * 16));
        var y = Attend(queries, keysValues, [0.5f, 0.25f], 2, 8, 0, [7], normalize: false);
        AssertClose(Attended(queries, keysValues, [0.5f, 0.25f], 1, 2, 8, 0, [7], normalize: false), y);
    }

    [Theory]
    [InlineData(ConvolutionWalk.Same, 3, 7, 9, 10, 35)]
    [InlineData(ConvolutionWalk.Same, 1, 5, 4, 10, 35)]
    [InlineData(ConvolutionWalk.Same, 3, 1, 1, 10, 35)]
    [InlineData(ConvolutionWalk.Same, 3, 1, 1, 64, 64)]
    [InlineData(ConvolutionWalk.Same, 3, 9, 14, 67, 73)]
    [InlineData(ConvolutionWalk.Same, 3, 16, 12, 96, 64)]
    [InlineData(ConvolutionWalk.HalveSize, 3, 8, 6, 10, 35)]
    [InlineData(ConvolutionWalk.DoubleSize, 3, 4, 5, 10, 35)]
    [InlineData(ConvolutionWalk.DoubleSize, 3, 1, 13, 70, 66)]
    public void Convolution_OfAnyWalk_IsTheSumOverItsTaps(
        ConvolutionWalk walk, int kernel, int height, int width, int inputs, int outputs)
    {
        const int Images = 2;
        var (x, w, b) =
            (Values(Images * height * width * inputs), Values(outputs * inputs * kernel * kernel), Values(outputs));
        var expected = Convolved(x, w, b, Images, height, width, inputs, outputs, kernel, walk);
        var y = _arena.Allocate(expected.Length / outputs, outputs);
        var weights = backend.PackConvolution(_arena, new Source(w, outputs, inputs, kernel, kernel), b, walk);
        backend.Convolution(y, Upload(x, inputs), weights, height, width);

        // Where kernels are transformed, sums of many values of either sign lose about a digit more than one after the
        // other.
        AssertClose(expected, y, Math.Min(inputs, outputs) >= 64 ? 5e-4 : 2e-5);
    }

    [Fact]
    public void ConvolutionAdd_BlendedWithTheIdentity_AddsBothParts()
    {
        const int Side = 6, Width = 12;
        var (x, w, b, before) =
            (Values(Side * Side * Width), Values(Width * Width * 9), Values(Width), Values(Side * Side * Width));
        var y = Upload(before, Width);
        var weights = backend.PackConvolution(_arena, new Source(w, Width, Width, 3, 3), b, blend: 0.3f);
        backend.ConvolutionAdd(y, Upload(x, Width), weights, Side, Side);
        var convolved = Convolved(x, w, b, 1, Side, Side, Width, Width, 3, ConvolutionWalk.Same);
        AssertClose([.. before.Select((v, i) => v + (0.3 * convolved[i]) + (0.7 * x[i]))], y);
    }

    [Theory]
    [InlineData(32, 9, true)]
    [InlineData(96, 400, false)]
    public void GroupNorm_OfAnyMap_NormalisesEveryGroup(int channels, int pixels, bool silu)
    {
        var (x, gain, bias) = (Values(2 * pixels * channels, 2, 5), Values(channels), Values(channels));
        var y = _arena.Allocate(2 * pixels, channels);
        backend.GroupNorm(y, Upload(x, channels), Upload(gain, channels), Upload(bias, channels), images: 2, silu);
        AssertClose(GroupNormalized(x, gain, bias, pixels, silu), y, 1e-4);
    }

    [Theory]
    [InlineData(1, 16)]
    [InlineData(5, 16)]
    [InlineData(13, 16)]
    [InlineData(6, 32)]
    public void ResizeBicubic_OfAnySide_FollowsKeysKernel(int side, int finalSide)
    {
        var x = Values(2 * side * side * 5);
        var y = _arena.Allocate(2 * finalSide * finalSide, 5);
        backend.ResizeBicubic(y, Upload(x, 5), side, finalSide);
        AssertClose(Enlarged(x, 2, side, finalSide, 5), y);
    }

    [Theory]
    [InlineData(16, 1)]
    [InlineData(16, 6)]
    [InlineData(16, 13)]
    [InlineData(32, 24)]
    [InlineData(16, 16)]
    public void ResizeArea_OfAnySide_IsTheMeanOfWhatItCovers(int finalSide, int side)
    {
        var x = Values(2 * finalSide * finalSide * 5);
        var y = _arena.Allocate(2 * side * side, 5);
        backend.ResizeArea(y, Upload(x, 5), finalSide, side);
        AssertClose(Reduced(x, 2, finalSide, side, 5), y);
    }

    [Fact]
    public void NearestCode_OfEqualCodes_TakesTheFirst()
    {
        float[] codebook = [5, 5, 1, 2, 1, 2, 0, 0];
        var tokens = _arena.Allocate(1, 2, ElementType.Int32);
        backend.NearestCode(tokens, Upload([1.1f, 2, 0.1f, 0], 2), Upload(codebook, 2));
        Assert.Equal([1, 3], Integers(tokens));
    }

    [Fact]
    public void BlendKept_OfAPartialMask_MixesByIt()
    {
        var (x, before) = (Values(3 * 7), Values(3 * 7));
        var y = Upload(before, 7);
        backend.BlendKept(y, Upload(x, 7), Upload([0, 1, 0.25f], 1));
        float[] keep = [0, 1, 0.25f];
        AssertClose([.. before.Select((v, i) => (v * (1 - keep[i / 7])) + (x[i] * keep[i / 7]))], y);
    }

    [Fact]
    public void DrawTokens_WithATinyTemperature_IsTheGuidedMaximum()
    {
        float[] logits = [1, 2, 3, /**/ 3, 2, 1, /**/ 0, 3, 0, /**/ 0, 0, 9];
        var tokens = _arena.Allocate(1, 2, ElementType.Int32);
        backend.DrawTokens(
            tokens, Upload(logits, 3), DrawsOf(new TokenDraw(2, 0, 0, 1e-6, 7, 0, false)), firstPosition: 0);
        Assert.Equal([2, 0], Integers(tokens));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void DrawTokens_OfARowWithoutNumbers_Throws(float logit)
    {
        var tokens = _arena.Allocate(1, 2, ElementType.Int32);
        var logits = Upload([1, 2, 3, logit, logit, logit], 3);
        var draws = DrawsOf(new TokenDraw(0, 2, 0.9, 1, 7, 0, false));
        Assert.Throws<LogitsException>(() => backend.DrawTokens(tokens, logits, draws, firstPosition: 0));
    }

    [Fact]
    public void DrawTokens_ManyTimes_FollowsTheSoftmax()
    {
        const int Draws = 20_000;
        double[] logits = [0, 1, 2, -1, 0.5];
        var rows = Upload([.. Enumerable.Repeat(logits.Select(v => (float)v), Draws).SelectMany(row => row)], 5);
        var tokens = _arena.Allocate(1, Draws, ElementType.Int32);
        backend.DrawTokens(tokens, rows, DrawsOf(new TokenDraw(0, 0, 0, 0.8, 99, 4, false)), firstPosition: 0);
        var counts = Integers(tokens).GroupBy(token => token).ToDictionary(group => group.Key, group => group.Count());
        var total = logits.Sum(v => Math.Exp(v / 0.8));
        Assert.All(Enumerable.Range(0, 5), token =>
        {
            var probability = Math.Exp(logits[token] / 0.8) / total;
            Assert.Equal(probability, counts[token] / (double)Draws, 4 * Math.Sqrt(probability / Draws));
        });
    }

    [Fact]
    public void MixCodes_OfOneSmoothImage_IsTheExpectedCodeAndLeavesTheOther()
    {
        const float Out = float.NegativeInfinity;
        float[] logits = [1, Out, 2, 0.5f, 3, 1, 1, 1], codebook = [1, 10, 2, 20, 3, 30, 4, 40];
        var y = Upload([7, 7, 8, 8], 2);
        var draws = DrawsOf(new(0, 0, 0, 1, 5, 2, Smooth: true), new(0, 0, 0, 1, 5, 3, Smooth: false));
        backend.MixCodes(
            y, Upload(logits, 4), Upload(codebook, 2), draws, 1, new CodeMixture(1.5f, 0.2f), firstPosition: 9);
        var noise = Philox.Gumbel(0, 9, 2, NoisePurpose.Mixture, 5);
        var weights = Enumerable.Range(0, 4).Select(v => Math.Exp(((logits[v] * 1.5) + noise[v]) / 0.2)).ToArray();
        var mean = Enumerable.Range(0, 4).Sum(v => weights[v] * codebook[2 * v]) / weights.Sum();
        AssertClose([mean, 10 * mean, 8, 8], y, 1e-4);
    }

    [Fact]
    public void ToBytes_OfAnyValue_CutsItOff()
    {
        float[] values = [-2, -1, -0.999f, 0, 0.5f, 0.9999f, 1, 3, float.NegativeInfinity];
        var bytes = _arena.Allocate(3, 3, ElementType.UInt8);
        backend.ToBytes(bytes, Upload(values, 3));
        var found = new byte[9];
        backend.Download(found, bytes);
        Assert.Equal([0, 0, 0, 127, 191, 254, 255, 255, 0], found);
    }

    public void Dispose()
    {
        _arena.Dispose();
        backend.Dispose();
        GC.SuppressFinalize(this);
    }

    private static double[] Product(float[] x, float[] w, float[] b, int inputs)
    {
        return [.. Enumerable.Range(0, x.Length / inputs * b.Length)
            .Select(i => b[i % b.Length] + Enumerable.Range(0, inputs).Sum(k => Term(i / b.Length, i % b.Length, k)))];

        double Term(int row, int output, int k) => (double)x[(row * inputs) + k] * w[(output * inputs) + k];
    }

    private static IEnumerable<double> Standardized(float[] row)
    {
        var mean = row.Average(v => (double)v);
        var variance = row.Average(v => (v - mean) * (v - mean));
        return row.Select(v => (v - mean) / Math.Sqrt(variance + 1e-6));
    }

    private static double[] GroupNormalized(float[] x, float[] gain, float[] bias, int pixels, bool silu)
    {
        var (channels, y) = (gain.Length, new double[x.Length]);
        for (var group = 0; group < x.Length / (pixels * channels) * 32; group++)
        {
            int[] members = [.. Enumerable.Range(0, pixels * channels / 32).Select(i =>
                (((group / 32 * pixels) + (i / (channels / 32))) * channels)
                    + (group % 32 * (channels / 32)) + (i % (channels / 32)))];
            foreach (var (i, v) in members.Zip(Standardized([.. members.Select(i => x[i])])))
            {
                var normal = (v * gain[i % channels]) + bias[i % channels];
                y[i] = silu ? normal / (1 + Math.Exp(-normal)) : normal;
            }
        }

        return y;
    }

    private static double[] Attended(
        float[] queries, float[] keysValues, float[] scales, int sequences, int heads, int width, int first, int[] ends,
        bool normalize = true)
    {
        var (rows, keys, channels, y) = (ends[^1] - first, ends[^1], heads * width, new double[queries.Length]);
        for (var i = 0; i < sequences * rows * heads; i++)
        {
            var (row, head) = (i / heads, i % heads);
            var visible = ends.First(end => first + (row % rows) < end);
            var query = Read(queries.AsSpan((row * channels) + (head * width), width));
            double[] scores = [.. Enumerable.Range(0, visible)
                .Select(key => Math.Exp(scales[head] * Dot(query, Read(keysValues.AsSpan(Key(key), width)))))];
            for (var c = 0; c < width; c++)
            {
                y[(row * channels) + (head * width) + c] = Enumerable.Range(0, visible)
                    .Sum(key => scores[key] * keysValues[Key(key) + channels + c]) / scores.Sum();
            }

            int Key(int key) => ((((row / rows) * keys) + key) * 2 * channels) + (head * width);
        }

        return y;

        double[] Read(ReadOnlySpan<float> vector) => normalize ? Unit(vector) : [.. vector.ToArray()];
    }

    private static double[] Unit(ReadOnlySpan<float> vector)
    {
        double[] values = [.. vector.ToArray()];
        var norm = Math.Sqrt(values.Sum(v => v * v));
        return [.. values.Select(v => v / norm)];
    }

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    private static double[] Convolved(
        float[] x, float[] w, float[] b, int images, int height, int width,
        int inputs, int outputs, int kernel, ConvolutionWalk walk)
    {
        var (stride, repeat, before) = walk switch
        {
            ConvolutionWalk.HalveSize => (2, 1, 0),
            ConvolutionWalk.DoubleSize => (1, 2, kernel / 2),
            _ => (1, 1, kernel / 2),
        };
        var (outHeight, outWidth) = (height * repeat / stride, width * repeat / stride);
        var y = new double[images * outHeight * outWidth * outputs];
        for (var i = 0; i < y.Length; i++)
        {
            var (pixelOut, output) = Math.DivRem(i, outputs);
            var (lineOut, column) = Math.DivRem(pixelOut, outWidth);
            var (image, line) = Math.DivRem(lineOut, outHeight);
            y[i] = b[output];
            for (var tap = 0; tap < kernel * kernel; tap++)
            {
                var down = (line * stride) + (tap / kernel) - before;
                var across = (column * stride) + (tap % kernel) - before;
                if (down >= 0 && across >= 0 && down < height * repeat && across < width * repeat)
                {
                    var pixel = (((image * height) + (down / repeat)) * width) + (across / repeat);
                    y[i] += Enumerable.Range(0, inputs).Sum(
                        c => (double)x[(pixel * inputs) + c] * w[(((output * inputs) + c) * kernel * kernel) + tap]);
                }
            }
        }

        return y;
    }

    private static double[] Enlarged(float[] x, int images, int side, int finalSide, int channels)
    {
        var y = new double[images * finalSide * finalSide * channels];
        for (var i = 0; i < y.Length; i++)
        {
            var (cell, channel) = Math.DivRem(i, channels);
            var (row, across) = Math.DivRem(cell, finalSide);
            var (image, down) = Math.DivRem(row, finalSide);
            var (rows, columns) = (Source(down), Source(across));
            for (var m = (int)Math.Floor(rows) - 1; m <= Math.Floor(rows) + 2; m++)
            {
                for (var n = (int)Math.Floor(columns) - 1; n <= Math.Floor(columns) + 2; n++)
                {
                    var pixel = (((image * side) + Math.Clamp(m, 0, side - 1)) * side) + Math.Clamp(n, 0, side - 1);
                    y[i] += Keys(rows - m) * Keys(columns - n) * x[(pixel * channels) + channel];
                }
            }
        }

        return y;

        double Source(int cell) => ((cell + 0.5) * side / finalSide) - 0.5;

        static double Keys(double t) => Math.Abs(t) switch
        {
            <= 1 and var u => (1.25 * u * u * u) - (2.25 * u * u) + 1,
            < 2 and var u => (-0.75 * u * u * u) + (3.75 * u * u) - (6 * u) + 3,
            _ => 0,
        };
    }

    private static double[] Reduced(float[] x, int images, int finalSide, int side, int channels)
    {
        var y = new double[images * side * side * channels];
        for (var i = 0; i < y.Length; i++)
        {
            var (cell, channel) = Math.DivRem(i, channels);
            var (row, across) = Math.DivRem(cell, side);
            var (image, down) = Math.DivRem(row, side);
            var covered =
                from m in Covered(down)
                from n in Covered(across)
                select (double)x[(((((image * finalSide) + m) * finalSide) + n) * channels) + channel];
            y[i] = covered.Average();
        }

        return y;

        IEnumerable<int> Covered(int cell)
        {
            var first = (int)Math.Floor(cell * (double)finalSide / side);
            var end = (int)Math.Ceiling((cell + 1) * (double)finalSide / side);
            return Enumerable.Range(first, end - first);
        }
    }

    /// <summary>
    /// Attends in the second layer after the keys and values before the first query are stored, and after the first
    /// layer attended, which may share the memory of the last positions.
    /// </summary>
    private Tensor Attend(
        float[] queries, float[] keysValues, float[] scales,
        int heads, int width, int first, int[] ends, bool normalize)
    {
        var (channels, keys) = (heads * width, ends[^1]);
        var sequences = keysValues.Length / (keys * 2 * channels);
        var cache = backend.CreateCache(_arena, 2, sequences, keys + 3, first, heads, width, backend.ActivationType);
        var scale = backend.PackScale(_arena, scales, width, normalize);
        if (first > 0)
        {
            var before = Upload(Joined(new float[sequences * first * channels], 0, first), 3 * channels);
            backend.StoreKeysValues(before, cache, 1, scale, 0, first);
        }

        var y = _arena.Allocate(queries.Length / channels, channels);
        var other = Upload(Values(3 * queries.Length), 3 * channels);
        backend.Attention(y, other, cache, 0, scale, first, ends);
        backend.Attention(y, Upload(Joined(queries, first, keys), 3 * channels), cache, 1, scale, first, ends);
        return y;

        float[] Joined(float[] ofRows, int from, int to) => [.. Enumerable.Range(0, sequences * (to - from))
            .SelectMany(row =>
            {
                var (sequence, position) = Math.DivRem(row, to - from);
                var at = ((sequence * keys) + from + position) * 2 * channels;
                return ofRows[(row * channels)..((row + 1) * channels)].Concat(keysValues[at..(at + (2 * channels))]);
            })];
    }

    private LinearWeights Linear(float[] w, float[] b, int inputs)
        => backend.PackLinear(_arena, new Source(w, b.Length, inputs), b);

    private float[] Values(int count, float spread = 1, float centre = 0)
        => [.. Enumerable.Range(0, count).Select(_ => centre + (spread * ((_random.NextSingle() * 2) - 1)))];

    private Tensor Upload(float[] values, int columns)
    {
        var tensor = _arena.Allocate(values.Length / columns, columns);
        backend.Upload(tensor, values);
        return tensor;
    }

    private DrawTable DrawsOf(params TokenDraw[] draws)
    {
        var table = backend.CreateDraws(_arena, draws.Length);
        backend.Upload(table, draws);
        return table;
    }

    private int[] Integers(Tensor tensor)
    {
        var values = new int[tensor.Rows * tensor.Columns];
        backend.Download(values, tensor);
        return values;
    }

    private void AssertClose(double[] expected, Tensor tensor, double tolerance = 2e-5)
    {
        var found = new float[tensor.Rows * tensor.Columns];
        backend.Download(found, tensor);
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < found.Length; i++)
        {
            Assert.Equal(expected[i], found[i], tolerance * Math.Max(1, Math.Abs(expected[i])));
        }
    }

    private sealed class Broken(params int[] shape) : WeightSource("weight", ElementType.Float32, shape)
    {
        public override void Read(long start, Span<float> destination)
        {
            if (start + destination.Length > Count / 2)
            {
                throw new IOException();
            }
        }
    }

    private sealed class Source(float[] values, params int[] shape) : WeightSource("weight", ElementType.Float32, shape)
    {
        public override void Read(long start, Span<float> destination)
            => values.AsSpan((int)start, destination.Length).CopyTo(destination);
    }
}

public sealed class CpuMemoryTests
{
    [Fact]
    public void AllocateRows_OfAPageARow_SpacesThem()
    {
        using var backend = CpuBackend.Create(new CpuOptions(Threads: 1));
        using var arena = backend.CreateArena();
        var y = arena.AllocateRows(3, 1024);
        Assert.Equal((3, 1024), (y.Rows, y.Columns));
        Assert.NotEqual(0, y.Stride * sizeof(float) % 1024);
        Assert.Equal(1000, arena.AllocateRows(3, 1000).Stride);
    }
}

public sealed class PortableBackendTests()
    : BackendTests(CpuBackend.Create(new CpuOptions(InstructionPath.Portable, Threads: 2)));

public sealed class WidestBackendTests() : BackendTests(CpuBackend.Create(new CpuOptions(Threads: 3)));

/// <summary>The 256-bit path; on a processor without it the portable one again, which its own tests cover.</summary>
public sealed class Avx2BackendTests() : BackendTests(CpuBackend.Create(new CpuOptions(
    CpuBackend.Supported().Contains(InstructionPath.Avx2) ? InstructionPath.Avx2 : InstructionPath.Portable,
    Threads: 1)));
