using CoDe.Engine.Weights;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CoDe.Engine.Training;

/// <summary>Trained tensors of a model by their published names, in the order of its manifest.</summary>
internal sealed class ParameterSet : IDisposable
{
    private readonly OrderedDictionary<string, Parameter> _parameters = new(StringComparer.Ordinal);

    private ParameterSet(Device device, ScalarType type) => (Device, Type) = (device, type);

    public Device Device { get; }

    public ScalarType Type { get; }

    public IReadOnlyDictionary<string, Parameter> All => _parameters;

    public Parameter this[string name] => _parameters[name];

    /// <param name="initial">Values of a tensor, by its number, name and shape.</param>
    /// <param name="type">float32; tests of gradients use float64.</param>
    public static ParameterSet Create(
        Manifest manifest, Func<int, string, IReadOnlyList<int>, float[]> initial, Device device,
        ScalarType type = ScalarType.Float32, bool isTrained = true)
    {
        var set = new ParameterSet(device, type);
        foreach (var (number, (name, shape)) in manifest.Needed.Index())
        {
            long[] sizes = [.. shape.Select(size => (long)size)];
            using var values = tensor(initial(number, name, shape), sizes, ScalarType.Float32);
            set._parameters.Add(name, new Parameter(values.to(type, device, copy: true), isTrained));
        }

        return set;
    }

    /// <summary>Reads the parameters of a checked checkpoint.</summary>
    public static ParameterSet Read(
        Checkpoint checkpoint, string within, Manifest manifest, Device device,
        ScalarType type = ScalarType.Float32, bool isTrained = true)
        => Create(manifest, (_, name, _) => checkpoint.ReadWeight(within + name), device, type, isTrained);

    public void Dispose()
    {
        foreach (var parameter in _parameters.Values)
        {
            parameter.Dispose();
        }
    }
}
