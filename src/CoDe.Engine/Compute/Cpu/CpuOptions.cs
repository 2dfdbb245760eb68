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

/// <summary>How weights are kept in memory; activations are float32.</summary>
public enum WeightType
{
    Float32,

    /// <summary>Half the memory and traffic; rounded to nearest even when packed, expanded to float32 as they are read.</summary>
    BFloat16,
}

/// <param name="Path">The instruction path.</param>
/// <param name="Weights">The type of packed matrices. Convolutions stay float32: they are small and their images show it.</param>
/// <param name="Threads">Worker threads; 0 for one a core.</param>
public sealed record CpuOptions(InstructionPath Path = InstructionPath.Auto, WeightType Weights = WeightType.Float32, int Threads = 0);
