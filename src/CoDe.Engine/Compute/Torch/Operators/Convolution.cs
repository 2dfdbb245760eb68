using static TorchSharp.torch.nn;
using TorchTensor = TorchSharp.torch.Tensor;

namespace CoDe.Engine.Compute.Torch.Operators;

internal static class Convolution
{
    private static readonly long[] Stride2 = [2, 2];
    private static readonly double[] Twofold = [2, 2];

    public static void Run(Tensor y, Tensor x, TorchConvolution weights, int height, int width)
    {
        using var convolved = Convolve(x, weights, height, width);
        Output(y, weights, height, width).copy_(convolved);
    }

    public static void RunAdd(Tensor y, Tensor x, TorchConvolution weights, int height, int width)
    {
        using var convolved = Convolve(x, weights, height, width);
        Output(y, weights, height, width).add_(convolved, Scalars.One);
    }

    private static TorchTensor Output(Tensor y, TorchConvolution weights, int height, int width) => weights.Walk switch
    {
        ConvolutionWalk.HalveSize => y.Maps(height / 2, width / 2),
        ConvolutionWalk.DoubleSize => y.Maps(height * 2, width * 2),
        _ => y.Maps(height, width),
    };

    private static TorchTensor Convolve(Tensor x, TorchConvolution weights, int height, int width)
    {
        var (maps, border) = (x.Maps(height, width), weights.Kernel / 2);
        switch (weights.Walk)
        {
            case ConvolutionWalk.HalveSize:
                using (var padded = functional.pad(maps, (0L, 1L, 0L, 1L)))
                {
                    return functional.conv2d(padded, weights.Weight, weights.Bias, strides: Stride2);
                }

            case ConvolutionWalk.DoubleSize:
                using (var enlarged = functional.interpolate(maps, scale_factor: Twofold))
                {
                    return functional.conv2d(enlarged, weights.Weight, weights.Bias, padding: [border, border]);
                }

            default:
                return functional.conv2d(maps, weights.Weight, weights.Bias, padding: [border, border]);
        }
    }
}
