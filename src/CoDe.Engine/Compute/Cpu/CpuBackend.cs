using System.Runtime.Intrinsics;
using CoDe.Engine.Compute.Cpu.Kernels;
using CoDe.Engine.Compute.Cpu.Kernels.Assembled;
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
            InstructionPath.Avx512 => Create<Avx512>(options, threads, path),
            InstructionPath.Avx2 => Create<Avx2>(options, threads, path),
            _ => Create<Portable>(options, threads, path),
        };
    }

    /// <summary>
    /// Explains why a back end computes in more than the precision that was asked for; null where it does not.
    /// </summary>
    public static string? ReasonForMore(CpuOptions options)
    {
        if (options.Precision != CpuPrecision.BFloat16)
        {
            return null;
        }

        return options.Path is InstructionPath.Avx2 or InstructionPath.Portable || !BFloat16Tile.IsSupported
            ? "there is no AVX512-BF16"
            : options.Path == InstructionPath.Auto && !BFloat16Tile.IsFast
                ? "this processor multiplies float32 faster than bfloat16"
                : BFloat16Tile.Instance is null ? "the system refuses memory for assembled code" : null;
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

    private static IBackend Create<V>(CpuOptions options, int threads, InstructionPath path)
        where V : unmanaged, ISimd<V>
    {
        if (options.Precision == CpuPrecision.Float32)
        {
            return new CpuBackend<V, Float32Panel<V>>(threads, $"CPU, {path}, Float32 weights", tile: null);
        }

        var isRounded = options.Precision == CpuPrecision.BFloat16 && ReasonForMore(options) is null;
        var tile = isRounded ? BFloat16Tile.Instance : null;
        return new CpuBackend<V, BFloat16Panel<V>>(
            threads, $"CPU, {path}, {(tile is null ? "BFloat16 weights" : "BFloat16")}", tile);
    }
}
