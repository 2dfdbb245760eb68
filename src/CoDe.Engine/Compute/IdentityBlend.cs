namespace CoDe.Engine.Compute;

/// <summary>Folds blend x convolution + (1 - blend) x identity into one kernel and bias.</summary>
internal static class IdentityBlend
{
    /// <param name="kernel">Between one input and one output channel; replaced.</param>
    /// <param name="diagonal">Whether input and output are the same channel.</param>
    public static void OfKernel(Span<float> kernel, float blend, bool diagonal)
    {
        foreach (ref var tap in kernel)
        {
            tap *= blend;
        }

        kernel[kernel.Length / 2] += diagonal ? 1 - blend : 0;
    }

    public static float[] OfBias(ReadOnlySpan<float> bias, float blend)
    {
        var blended = bias.ToArray();
        foreach (ref var value in blended.AsSpan())
        {
            value *= blend;
        }

        return blended;
    }
}
