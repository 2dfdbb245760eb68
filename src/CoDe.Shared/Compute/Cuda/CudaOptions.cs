namespace CoDe.Compute.Cuda;

/// <param name="Device">Which of the machine's devices, from 0.</param>
/// <param name="Weights">
/// Type of packed matrices and of the activations that meet them: float32, float16 or bfloat16; products are summed in float32. With either of
/// 16 bits the VQVAE's networks are float16, which has the more digits.
/// </param>
public sealed record CudaOptions(int Device = 0, ElementType Weights = ElementType.Float32)
{
    /// <summary>Whether large products of 16 bits go through cuBLASLt where it is installed, rather than through our own kernels.</summary>
    internal bool UseCublas { get; init; } = true;
}
