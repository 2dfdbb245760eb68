using CoDe.Engine.Compute.Cpu.Kernels.Assembled;
using Xunit;

namespace CoDe.Engine.Tests.Compute.Assembled;

/// <summary>A test of assembled products; skipped with a reason on a processor without AVX512-BF16.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BFloat16FactAttribute : FactAttribute
{
    public BFloat16FactAttribute() => Skip = BFloat16Processor.Missing;
}

/// <inheritdoc cref="BFloat16FactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BFloat16TheoryAttribute : TheoryAttribute
{
    public BFloat16TheoryAttribute() => Skip = BFloat16Processor.Missing;
}

internal static class BFloat16Processor
{
    /// <summary>Reason that nothing assembled can run; null where it can.</summary>
    public static string? Missing { get; } =
        BFloat16Tile.IsSupported ? null : "The processor has no AVX512-BF16, or the system is Windows.";
}
