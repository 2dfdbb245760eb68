using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CoDe.Benchmarks.PublishedOnLibTorch;

/// <summary>A linear layer by the operators of PyTorch's own.</summary>
/// <param name="Weight">A transposed view: (inputs, outputs).</param>
/// <remarks>
/// TorchSharp's function is that of libtorch's C++ interface, which adds the bias in an operator of its own.
/// </remarks>
internal sealed record Linear(Tensor Weight, Tensor Bias)
{
    public Tensor Forward(Tensor x) => Forward(x, Weight, Bias);

    /// <param name="x">(rows, inputs) or (sequences, tokens, inputs)</param>
    /// <param name="weight">(inputs, outputs)</param>
    public static Tensor Forward(Tensor x, Tensor weight, Tensor bias)
    {
        if (x.dim() == 2)
        {
            return bias.addmm(x, weight, 1, 1);
        }

        return x.is_contiguous() ? ForwardRows(x, weight, bias) : x.matmul(weight).add_(bias);
    }

    private static Tensor ForwardRows(Tensor x, Tensor weight, Tensor bias)
    {
        using var rows = x.view(-1, x.size(2));
        using var result = bias.addmm(rows, weight, 1, 1);
        return result.view(x.size(0), x.size(1), -1);
    }
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
