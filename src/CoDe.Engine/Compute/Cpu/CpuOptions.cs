namespace CoDe.Engine.Compute.Cpu;

/// <summary>Which instructions the kernels use.</summary>
public enum InstructionPath
{
    /// <summary>The widest that this processor has.</summary>
    Auto,

    /// <summary>512-bit registers with fused multiply-add.</summary>
    Avx512,

    /// <summary>256-bit registers with fused multiply-add.</summary>
    Avx2,

    /// <summary>Whatever the runtime's <c>Vector&lt;T&gt;</c> is.</summary>
    Portable,
}

/// <summary>
/// Types of the linear layers' weights and of what they read. Convolutions are float32, but for the decoder's plain
/// ones with <see cref="BFloat16"/>.
/// </summary>
public enum CpuPrecision
{
    Float32,

    /// <summary>
    /// Halves memory and traffic. Weights are rounded to nearest even when packed and expanded to float32 when read.
    /// </summary>
    BFloat16Weights,

    /// <summary>
    /// Activations, keys and values are rounded too, for the bfloat16 products of AVX512-BF16. Sums, the residual
    /// stream and the head's input are float32. Computes as <see cref="BFloat16Weights"/> where the processor lacks
    /// them, or where they are slower than those of float32 and the path is <see cref="InstructionPath.Auto"/>.
    /// </summary>
    BFloat16,
}

/// <param name="Path">The instruction path.</param>
/// <param name="Threads">Worker threads; 0 for one a core.</param>
public sealed record CpuOptions(
    InstructionPath Path = InstructionPath.Auto, CpuPrecision Precision = CpuPrecision.Float32, int Threads = 0);
