using CoDe.Engine.Weights;
using static TorchSharp.torch;

namespace CoDe.Benchmarks.PublishedOnLibTorch;

/// <summary>The parameters of one model by their names in the published checkpoints, all of one type.</summary>
internal sealed class Parameters : IDisposable
{
    /// <summary>Random weights are uniform in [-0.03, 0.03], as <c>reference_bench.py</c> fills its models.</summary>
    private const double Largest = 0.03;

    private readonly Dictionary<string, Tensor> _tensors = [];
    private readonly List<Tensor> _transposed = [];

    private Parameters(ScalarType type) => Type = type;

    public ScalarType Type { get; }

    public Tensor this[string name] => _tensors[name];

    public static Parameters Random(Manifest manifest, ScalarType type)
    {
        var parameters = new Parameters(type);
        foreach (var (name, shape) in manifest.Needed)
        {
            parameters._tensors[name] = empty(ToLong(shape), type).uniform_(-Largest, Largest);
        }

        return parameters;
    }

    /// <param name="within">Prefix of the names in the checkpoint.</param>
    public static Parameters Read(Checkpoint checkpoint, string within, Manifest manifest, ScalarType type)
    {
        var parameters = new Parameters(type);
        foreach (var (name, shape) in manifest.Needed)
        {
            using var read = tensor(checkpoint.ReadAll(within + name), ToLong(shape));
            parameters._tensors[name] = read.to(type, copy: true);
        }

        return parameters;
    }

    public bool Has(string name) => _tensors.ContainsKey(name);

    public Linear Linear(string name) => new(Transposed(name + ".weight"), this[name + ".bias"]);

    /// <summary>A view of a matrix.</summary>
    public Tensor Transposed(string name)
    {
        _transposed.Add(this[name].t());
        return _transposed[^1];
    }

    /// <summary>A convolution of stride 1 that keeps height and width.</summary>
    public Convolution Convolution(string name) => new(this[name + ".weight"], this[name + ".bias"]);

    public void Dispose()
    {
        foreach (var tensor in _transposed.Concat(_tensors.Values))
        {
            tensor.Dispose();
        }
    }

    private static long[] ToLong(IReadOnlyList<int> shape) => [.. shape.Select(size => (long)size)];
}
