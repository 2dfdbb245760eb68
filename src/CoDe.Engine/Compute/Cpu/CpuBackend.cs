using System.Runtime.Intrinsics;
using CoDe.Engine.Compute.Cpu.Simd;

namespace CoDe.Engine.Compute.Cpu;

/// <summary>The CPU as a device.</summary>
public static class CpuBackend
{
    /// <summary>Makes a back end for an instruction path; its threads live until it is disposed.</summary>
    /// <exception cref="PlatformNotSupportedException">The processor lacks the path.</exception>
    public static IBackend Create(CpuOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.Threads);
        var threads = options.Threads == 0 ? Environment.ProcessorCount : options.Threads;
        var path = options.Path == InstructionPath.Auto ? Widest() : options.Path;
        if (!IsSupported(path))
        {
            throw new PlatformNotSupportedException(
                $"This processor has no {path}; it has {string.Join(", ", Supported())}.");
        }

        return path switch
        {
            InstructionPath.Avx512 => Create<Avx512>(options.Weights, threads, path),
            InstructionPath.Avx2 => Create<Avx2>(options.Weights, threads, path),
            _ => Create<Portable>(options.Weights, threads, path),
        };
    }

    /// <summary>The paths that this processor has, widest first.</summary>
    public static IEnumerable<InstructionPath> Supported()
        => new[] { InstructionPath.Avx512, InstructionPath.Avx2, InstructionPath.Portable }.Where(IsSupported);

    private static InstructionPath Widest() => Supported().First();

    private static bool IsSupported(InstructionPath path) => path switch
    {
        InstructionPath.Avx512 => Vector512.IsHardwareAccelerated && System.Runtime.Intrinsics.X86.Avx512F.IsSupported,
        InstructionPath.Avx2 => System.Runtime.Intrinsics.X86.Avx2.IsSupported
            && System.Runtime.Intrinsics.X86.Fma.IsSupported,
        _ => true,
    };

    private static IBackend Create<V>(WeightType weights, int threads, InstructionPath path)
        where V : unmanaged, ISimd<V>
    {
        var arithmetic = $"CPU, {path}, {weights} weights";
        return weights == WeightType.BFloat16
            ? new CpuBackend<V, Kernels.BFloat16Panel<V>>(threads, arithmetic)
            : new CpuBackend<V, Kernels.Float32Panel<V>>(threads, arithmetic);
    }
}
