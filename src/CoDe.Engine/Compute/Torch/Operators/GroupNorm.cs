using static TorchSharp.torch.nn;

namespace CoDe.Engine.Compute.Torch.Operators;

internal static class GroupNorm
{
    private const int Groups = 32;
    private const double Epsilon = 1e-6;

    public static void Run(Tensor y, Tensor x, Tensor gain, Tensor bias, int images, bool silu)
    {
        // Height and width do not matter to a norm over pixels.
        var (maps, pixels) = (x.Maps(1, x.Rows / images), x.Rows / images);
        using var gains = gain.Vector().to(maps.dtype);
        using var biases = bias.Vector().to(maps.dtype);
        using var normal = functional.group_norm(maps, Groups, gains, biases, Epsilon);
        if (silu)
        {
            normal.silu_();
        }

        y.Maps(1, pixels).copy_(normal);
    }
}
