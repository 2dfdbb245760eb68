namespace CoDe.Compute.Cuda;

/// <summary>
/// Group norm in three kernels: moments of pieces of a map, their merge, and the map again. A piece is as long whatever the batch, so that sums
/// are made in one order.
/// </summary>
internal sealed class CudaNormalization(KernelLibrary kernels, CudaWorkspace workspace)
{
    private const int Block = 256;
    private const int Warp = 32;
    private const int PiecePixels = 256;

    public void GroupNorm(Tensor y, Tensor x, Tensor gain, Tensor bias, int images, bool silu)
    {
        var (pixels, channels) = (x.Rows / images, x.Columns);
        var pieces = (pixels + PiecePixels - 1) / PiecePixels;
        var moments = workspace.Take(2L * images * channels * (pieces + 1) * sizeof(float));
        var factors = moments + (nint)(2L * images * channels * pieces * sizeof(float));
        kernels.Launch(kernels.Find("group_norm_moments", x.Type), (pieces, (channels + Warp - 1) / Warp, images), Block, 0, x, moments, pixels, pieces);
        kernels.Launch(kernels.Find("group_norm_factors"), (images, 1, 1), 32 * Warp, 0, factors, moments, gain, bias, pixels, pieces, channels);
        kernels.LaunchEach(kernels.Find("group_norm_apply", x.Type), y, y, x, factors, pixels, silu ? 1 : 0);
    }
}
