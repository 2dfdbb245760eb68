using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CoDe.Engine.Training;

/// <summary>Layers by their names. Products are computed in the type of the device.</summary>
internal sealed class Layers(ParameterSet parameters, ScalarType compute)
{
    private const int NormGroups = 32;

    /// <summary>Added to variances by every norm of both models.</summary>
    public const double NormEpsilon = 1e-6;

    public ScalarType Compute => compute;

    public Device Device => parameters.Device;

    /// <summary>Type of parameters, norms and losses.</summary>
    public ScalarType Wide => parameters.Type;

    public Parameter this[string name] => parameters[name];

    public bool Has(string name) => parameters.All.ContainsKey(name + ".weight");

    /// <summary>x W^T + b over the last dimension, in the type of products.</summary>
    public Tensor Linear(Tensor x, string name)
        => Linear(x, parameters[name + ".weight"], parameters[name + ".bias"]);

    public Tensor Linear(Tensor x, Tensor weight, Tensor bias)
        => functional.linear(x.to(compute), weight.to(compute), bias.to(compute));

    /// <summary>
    /// A convolution of (images, channels, height, width) that keeps the size, or halves it, in the type of parameters.
    /// </summary>
    public Tensor Convolution(Tensor x, string name, bool halves = false)
    {
        var weight = parameters[name + ".weight"];
        var padding = halves ? 0 : weight.shape[^1] / 2;
        var input = halves ? functional.pad(x, (0L, 1L, 0L, 1L)) : x;
        return functional.conv2d(
            input.to(compute), weight.to(compute), parameters[name + ".bias"].to(compute),
            strides: halves ? [2, 2] : [1, 1], padding: [padding, padding]).to(Wide);
    }

    public Tensor GroupNorm(Tensor x, string name)
        => functional.group_norm(
            x, NormGroups, parameters[name + ".weight"], parameters[name + ".bias"], NormEpsilon);

    /// <summary>Norm over the last dimension, without gain and bias.</summary>
    public static Tensor LayerNorm(Tensor x) => functional.layer_norm(x, [x.shape[^1]], eps: NormEpsilon);
}
