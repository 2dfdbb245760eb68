using CoDe.Compute;
using CoDe.Compute.Cuda;
using CoDe.CudaStandIn;
using Xunit;

namespace CoDe.Tests.Compute.Cuda;

/// <summary>
/// Linear layers of 16 bits with cuBLASLt, whose stand-in sums in another order for another size unless it is told which, and without it.
/// Counts say which of the two did the work.
/// </summary>
public sealed class CublasProductsTests : IDisposable
{
    private const int Rows = 64;

    private readonly Random _random = new(3);
    private readonly List<IDisposable> _opened = [];

    [CardTheory]
    [InlineData(ElementType.Float16, ElementType.Float32, 2 * Rows, Rows, 72, 40, 1)]
    [InlineData(ElementType.Float16, ElementType.Float16, 2 * Rows, Rows, 72, 40, 1)]
    [InlineData(ElementType.BFloat16, ElementType.Float32, 3 * 100, 100, 128, 136, 1)]
    [InlineData(ElementType.BFloat16, ElementType.BFloat16, 3 * 100, 100, 128, 136, 1)]
    [InlineData(ElementType.BFloat16, ElementType.BFloat16, 3 * (Rows - 1), Rows - 1, 72, 40, 0)]
    [InlineData(ElementType.Float16, ElementType.Float32, 2 * Rows, Rows, 70, 40, 0)]
    [InlineData(ElementType.Float16, ElementType.Float32, 2 * Rows, Rows, 72, 36, 0)]
    [InlineData(ElementType.Float32, ElementType.Float32, 2 * Rows, Rows, 72, 40, 0)]
    public void Linear_OfAnySize_IsTheProductPlusBias(ElementType type, ElementType result, int rows, int rowsPerSequence, int inputs, int outputs, int products)
    {
        var layer = Open(type, rows, inputs, outputs);
        var y = layer.Result(result);
        var before = CudaOnCpu.Count("products_run");
        layer.Backend.Linear(y, layer.X, layer.Weights, rowsPerSequence);
        AssertClose(layer.Product(), layer, y);
        Assert.Equal(products, CudaOnCpu.Count("products_run") - before);
    }

    /// <summary>Of float32 the stand-in has it with a workspace alone.</summary>
    [CardTheory]
    [InlineData(ElementType.Float16, ElementType.Float16)]
    [InlineData(ElementType.BFloat16, ElementType.BFloat16)]
    [InlineData(ElementType.BFloat16, ElementType.Float32)]
    public void LinearGelu_OfALargeLayer_IsTheTanhForm(ElementType type, ElementType result)
    {
        var layer = Open(type, 2 * Rows, 64, 48);
        var y = layer.Result(result);
        var before = CudaOnCpu.Count("products_run");
        layer.Backend.LinearGelu(y, layer.X, layer.Weights, Rows);
        AssertClose([.. layer.Product().Select(v => 0.5 * v * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (v + (0.044715 * v * v * v)))))], layer, y);
        Assert.Equal(1, CudaOnCpu.Count("products_run") - before);
    }

    [CardFact]
    public void LinearGatedResidual_OfALargeLayer_AddsTheGatedProduct()
    {
        var layer = Open(ElementType.BFloat16, 3 * Rows, 72, 40);
        var (y, gate) = (layer.Result(ElementType.Float32), layer.Arena.Allocate(2, 40));
        var (values, gates) = (Values(3 * Rows * 40), Values(2 * 40));
        layer.Backend.Upload(y, values);
        layer.Backend.Upload(gate, gates);
        var before = CudaOnCpu.Count("products_run");
        layer.Backend.LinearGatedResidual(y, layer.X, layer.Weights, gate, Rows);
        var product = layer.Product();
        AssertClose([.. values.Select((v, i) => v + (gates[(Math.Min(i / 40 / Rows, 1) * 40) + (i % 40)] * product[i]))], layer, y);
        Assert.Equal(1, CudaOnCpu.Count("products_run") - before);
    }

    /// <summary>On their own the sizes would get other algorithms, and one of them one that makes its sums of parts.</summary>
    [CardTheory]
    [InlineData(ElementType.Float16)]
    [InlineData(ElementType.BFloat16)]
    public void Linear_OfMoreSequences_HasTheBitsOfOne(ElementType type)
    {
        var layer = Open(type, 17 * Rows, 264, 40);
        var y = layer.Result(ElementType.Float32);
        Run(17);
        var all = Floats(layer, y);
        foreach (var sequences in new[] { 1, 2, 7 })
        {
            layer.Backend.Clear(y);
            Run(sequences);
            Assert.Equal(all[..(sequences * Rows * 40)], Floats(layer, y)[..(sequences * Rows * 40)]);
        }

        void Run(int sequences) => layer.Backend.Linear(y.RowRange(0, sequences * Rows), layer.X.RowRange(0, sequences * Rows), layer.Weights, Rows);
    }

    /// <summary>What one batch decided serves the next, whichever is first.</summary>
    [CardFact]
    public void Linear_OfAFewSequencesFirst_HasTheBitsOfManyFirst()
    {
        var (few, many) = (First(1), First(17));
        Assert.Equal(few, many[..few.Length]);

        float[] First(int sequences)
        {
            var layer = Open(ElementType.BFloat16, sequences * Rows, 264, 40, seed: 5);
            var y = layer.Result(ElementType.Float32);
            layer.Backend.Linear(y, layer.X, layer.Weights, Rows);
            return Floats(layer, y);
        }
    }

    [CardFact]
    public void Layers_OfOneShape_KeepTheirOwnBiases()
    {
        var layer = Open(ElementType.BFloat16, Rows, 64, 48);
        var (first, second, other) = (layer.Result(ElementType.Float32), layer.Result(ElementType.Float32), layer.Pack(new float[48]));
        layer.Backend.Linear(first, layer.X, layer.Weights, Rows);
        layer.Backend.Linear(second, layer.X, other, Rows);
        Assert.All(Floats(layer, first).Zip(Floats(layer, second)).Select((pair, i) => pair.First - pair.Second - layer.Bias[i % 48]), rest => Assert.Equal(0, rest, 1e-5));
    }

    [CardFact]
    public void Recording_OfProducts_DoesThemAgain()
    {
        var layer = Open(ElementType.BFloat16, 2 * Rows, 64, 48);
        var (hidden, y, gate) = (layer.Result(ElementType.Float32), layer.Result(ElementType.Float32), layer.Arena.Allocate(1, 48));
        layer.Backend.Upload(gate, Values(48));
        using var recording = layer.Backend.Record(Work)!;
        var expected = Floats(layer, y);
        var (called, run) = (CudaOnCpu.Count("products"), CudaOnCpu.Count("products_run"));
        for (var time = 0; time < 3; time++)
        {
            layer.Backend.Clear(hidden);
            layer.Backend.Clear(y);
            recording.Run();
            Assert.Equal(expected, Floats(layer, y));
        }

        // Captured once, done three times.
        Assert.Equal((2, 6), (CudaOnCpu.Count("products") - called, CudaOnCpu.Count("products_run") - run));

        void Work()
        {
            layer.Backend.LinearGelu(hidden, layer.X, layer.Weights, Rows);
            layer.Backend.LinearGatedResidual(y, layer.X, layer.Weights, gate, Rows);
        }
    }

    [CardFact]
    public void Products_OfASizeThatWasDone_AllocateNothing()
    {
        var layer = Open(ElementType.BFloat16, 2 * Rows, 64, 48);
        var (y, gate) = (layer.Result(ElementType.Float32), layer.Arena.Allocate(1, 48));
        Work();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Work();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Work()
        {
            layer.Backend.LinearGelu(y, layer.X, layer.Weights, Rows);
            layer.Backend.LinearGatedResidual(y, layer.X, layer.Weights, gate, Rows);
        }
    }

    [CardFact]
    public void Linear_OfMoreRowsThanTheAlgorithmTakes_NamesTheLayer()
    {
        var layer = Open(ElementType.BFloat16, 257 * Rows, 8, 8);
        var y = layer.Result(ElementType.BFloat16);
        layer.Backend.Linear(y.RowRange(0, 256 * Rows), layer.X.RowRange(0, 256 * Rows), layer.Weights, Rows);
        var error = Assert.Throws<CudaException>(() => layer.Backend.Linear(y, layer.X, layer.Weights, Rows));
        Assert.Contains("the layer's weight (8, 8)", error.Message, StringComparison.Ordinal);
        Assert.Contains("16448 rows", error.Message, StringComparison.Ordinal);
    }

    [CardFact]
    public void Backend_WithoutCublas_HasTheSameValuesFromItsOwnKernels()
    {
        var layer = Open(ElementType.BFloat16, 2 * Rows, 72, 40, useCublas: false);
        var y = layer.Result(ElementType.BFloat16);
        var before = CudaOnCpu.Count("products");
        layer.Backend.Linear(y, layer.X, layer.Weights, Rows);
        AssertClose(layer.Product(), layer, y);
        Assert.Equal(before, CudaOnCpu.Count("products"));
    }

    [CardTheory]
    [InlineData(ElementType.Float16, true, "Float16 weights, cuBLASLt 12.8.4")]
    [InlineData(ElementType.Float16, false, "Float16 weights, own products")]
    [InlineData(ElementType.Float32, true, "Float32 weights, own products")]
    public void Arithmetic_OfABackEnd_SaysWhoseProducts(ElementType weights, bool useCublas, string expected)
    {
        using var backend = CudaBackends.Create(weights, useCublas: useCublas);
        Assert.EndsWith(expected, backend.Arithmetic, StringComparison.Ordinal);
        Assert.Contains(expected, backend.Description, StringComparison.Ordinal);
    }

    public void Dispose() => _opened.AsEnumerable().Reverse().ToList().ForEach(opened => opened.Dispose());

    private static float[] Floats(Layer layer, Tensor y)
    {
        var values = new float[y.Rows * y.Columns];
        layer.Backend.Download(values, y);
        return values;
    }

    /// <summary>Of numbers that both sides round alike on their way in, what is left is the result's rounding and the bias's, which has the result's type.</summary>
    private static void AssertClose(double[] expected, Layer layer, Tensor y)
    {
        var tolerance = y.Type switch
        {
            ElementType.Float32 => 2e-5,
            ElementType.Float16 => 1 / 1024.0,
            _ => 1 / 128.0,
        };
        var found = Floats(layer, y);
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < found.Length; i++)
        {
            Assert.Equal(expected[i], found[i], tolerance * Math.Max(1, Math.Abs(expected[i])));
        }
    }

    private Layer Open(ElementType type, int rows, int inputs, int outputs, int? seed = null, bool useCublas = true)
    {
        var backend = CudaBackends.Create(type, useCublas: useCublas);
        _opened.Add(backend);
        var random = seed is { } own ? new Random(own) : _random;
        var arena = backend.CreateArena();
        _opened.Add(arena);
        return new Layer(backend, arena, Values(outputs * inputs, random), Values(outputs, random), Values(rows * inputs, random), inputs);
    }

    private float[] Values(int count) => Values(count, _random);

    /// <summary>Of 8 binary digits, which every type holds, and of sizes so different that their sums are rounded.</summary>
    private static float[] Values(int count, Random random)
        => [.. Enumerable.Range(0, count).Select(_ => MathF.ScaleB(random.Next(128, 256), -8 - random.Next(7)) * (random.Next(2) == 0 ? 1 : -1))];

    private sealed class Layer
    {
        private readonly float[] _w;
        private readonly float[] _x;
        private readonly int _inputs;

        public Layer(IBackend backend, Arena arena, float[] w, float[] bias, float[] x, int inputs)
        {
            (Backend, Arena, _w, Bias, _x, _inputs) = (backend, arena, w, bias, x, inputs);
            Weights = Pack(bias);
            X = arena.AllocateRows(x.Length / inputs, inputs, backend.ActivationType);
            backend.Upload(X, x);
        }

        public IBackend Backend { get; }

        public Arena Arena { get; }

        public float[] Bias { get; }

        public LinearWeights Weights { get; }

        public Tensor X { get; }

        public LinearWeights Pack(float[] bias) => Backend.PackLinear(Arena, new Source(_w, bias.Length, _inputs), bias);

        public Tensor Result(ElementType type) => Arena.AllocateRows(X.Rows, Bias.Length, type);

        public double[] Product() => [.. Enumerable.Range(0, X.Rows * Bias.Length)
            .Select(i => Bias[i % Bias.Length] + Enumerable.Range(0, _inputs).Sum(k => (double)_x[(i / Bias.Length * _inputs) + k] * _w[(i % Bias.Length * _inputs) + k]))];
    }

    private sealed class Source(float[] values, params int[] shape) : WeightSource("the layer's weight", ElementType.Float32, shape)
    {
        public override void Read(long start, Span<float> destination) => values.AsSpan((int)start, destination.Length).CopyTo(destination);
    }
}
