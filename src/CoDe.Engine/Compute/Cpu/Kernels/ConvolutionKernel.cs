namespace CoDe.Engine.Compute.Cpu.Kernels;

/// <summary>Form of a convolution's packed weights, chosen for the kernel that runs it.</summary>
internal enum ConvolutionForm
{
    /// <summary>Tap by tap.</summary>
    Direct,

    /// <summary>Four kernels of 2x2 for an input that is enlarged twofold.</summary>
    Doubled,

    /// <summary>Transformed weights for <see cref="Winograd{V}"/>.</summary>
    Winograd,
}

/// <summary>Packs the kernel between one input and one output channel.</summary>
internal static class ConvolutionKernel
{
    private const int Side = 3;

    /// <summary>
    /// Transformed weights take four times the memory, and below this many channels the transforms cost as much as the
    /// product. This selects the layers of high resolution, which take most of the time, and leaves out the
    /// quantizer's, whose every bit decides tokens.
    /// </summary>
    private const int FewestChannels = 64;

    private const int MostWeights = 160 * 320;

    public static ConvolutionForm FormOf(int outputs, int inputs, int kernel, ConvolutionWalk walk)
    {
        if (walk == ConvolutionWalk.DoubleSize)
        {
            return ConvolutionForm.Doubled;
        }

        var isWorthwhile = Math.Min(inputs, outputs) >= FewestChannels && inputs * outputs <= MostWeights;
        return walk == ConvolutionWalk.Same && kernel == Side && isWorthwhile
            ? ConvolutionForm.Winograd
            : ConvolutionForm.Direct;
    }

    /// <summary>Numbers that a kernel is packed as.</summary>
    public static int PackedTaps(ConvolutionForm form, int kernel) => form switch
    {
        ConvolutionForm.Doubled => 16,
        ConvolutionForm.Winograd => WinogradTransform.Points,
        _ => kernel * kernel,
    };

    public static void Pack(ConvolutionForm form, ReadOnlySpan<float> kernel, Span<float> packed)
    {
        switch (form)
        {
            case ConvolutionForm.Doubled:
                Double(kernel, packed);
                break;
            case ConvolutionForm.Winograd:
                WinogradTransform.OfKernel(kernel, packed);
                break;
            default:
                kernel.CopyTo(packed);
                break;
        }
    }

    /// <summary>
    /// Maps a tap to a neighbour. For an even line (or column) the first tap falls on the line before and two fall on
    /// the line itself; for an odd one two fall on the line itself and the last on the line after.
    /// </summary>
    private static void Double(ReadOnlySpan<float> kernel, Span<float> packed)
    {
        packed.Clear();
        for (var pass = 0; pass < 4; pass++)
        {
            for (var tap = 0; tap < Side * Side; tap++)
            {
                var ((odd, oddAcross), (down, across)) = (Math.DivRem(pass, 2), Math.DivRem(tap, Side));
                packed[(pass * 4) + ((down + 1 - odd) / 2 * 2) + ((across + 1 - oddAcross) / 2)] += kernel[tap];
            }
        }
    }
}
