namespace CoDe.Engine.Compute;

/// <summary>Stride of a convolution over its input, a batch of NHWC maps.</summary>
public enum ConvolutionWalk
{
    /// <summary>Stride 1, zero border of half the kernel: the output is as large as the input.</summary>
    Same,

    /// <summary>3x3 with stride 2 and a zero border right and below only: the output is half as large.</summary>
    HalveSize,

    /// <summary>3x3 over the input enlarged twofold by repetition: the output is twice as large.</summary>
    DoubleSize,
}
