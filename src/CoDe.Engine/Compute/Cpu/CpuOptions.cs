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

/// <summary>Type of weights in memory; activations are float32.</summary>
public enum WeightType
{
    Float32,

    /// <summary>
    /// Halves memory and traffic. Weights are rounded to nearest even when packed and expanded to float32 when read.
    /// </summary>
    BFloat16,
}

/// <param name="Path">The instruction path.</param>
/// <param name="Weights">
/// Type of packed matrices. Convolutions stay float32: they are small and decide the image.
/// </param>
/// <param name="Threads">Worker threads; 0 for one a core.</param>
public sealed record CpuOptions(
    InstructionPath Path = InstructionPath.Auto, WeightType Weights = WeightType.Float32, int Threads = 0);
