using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CoDe.Benchmarks.PublishedOnLibTorch;

internal sealed record Linear(Tensor Weight, Tensor Bias)
{
    public Tensor Forward(Tensor x) => functional.linear(x, Weight, Bias);
}

/// <summary>A convolution of NCHW maps.</summary>
internal sealed record Convolution(Tensor Weight, Tensor Bias)
{
    private readonly long[] _padding = [Weight.shape[2] / 2, Weight.shape[3] / 2];

    public Tensor Forward(Tensor x) => functional.conv2d(x, Weight, Bias, padding: _padding);
}

/// <summary>AdaLN vectors of the labels: linear(silu(condition)), cut in parts.</summary>
/// <param name="Parts">Number of vectors.</param>
internal sealed record Modulation(Linear Linear, int Parts)
{
    /// <summary>Views of (sequences, 1, width).</summary>
    public Views Forward(Tensor condition)
    {
        using var activated = functional.silu(condition);
        using var all = Linear.Forward(activated);
        using var split = all.view(-1, 1, Parts, all.size(1) / Parts);
        return new Views(split.unbind(2));
    }
}

/// <summary>Layer norm without gain and bias, then a scale and a shift for each sequence.</summary>
internal sealed class ModulatedNorm(int width)
{
    private const double Epsilon = 1e-6;

    private readonly long[] _shape = [width];

    public Tensor Forward(Tensor x, Tensor scale, Tensor shift)
    {
        using var normal = functional.layer_norm(x, _shape, eps: Epsilon);
        using var factor = scale.add(1);
        return normal.mul(factor).add_(shift);
    }
}

/// <summary>Tensors that are let go of together.</summary>
internal sealed class Views(Tensor[] tensors) : IDisposable
{
    public Tensor this[int index] => tensors[index];

    public void Dispose()
    {
        foreach (var tensor in tensors)
        {
            tensor.Dispose();
        }
    }
}
