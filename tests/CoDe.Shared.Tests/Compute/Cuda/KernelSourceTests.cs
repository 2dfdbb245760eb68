using System.Diagnostics;
using System.Reflection;
using Xunit;

namespace CoDe.Tests.Compute.Cuda;

/// <summary>The kernels as a compiler for the card takes them; what runs them here is g++.</summary>
public sealed class KernelSourceTests
{
    [ClangTheory]
    [InlineData(80)]
    [InlineData(89)]
    [InlineData(90)]
    public void Kernels_ForACard_CompileWithoutAWarningAndKeepArraysInRegisters(int architecture)
    {
        var assembly = Clang.Compile(Source(), architecture);
        Assert.Contains(".entry layer_norm_f32_f32(", assembly, StringComparison.Ordinal);
        Assert.Contains("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32", assembly, StringComparison.Ordinal);
        Assert.DoesNotContain("__local_depot", assembly, StringComparison.Ordinal);
    }

    /// <summary>All kernels as one program, as the back end gives them to its compiler.</summary>
    private static string Source() => string.Concat(Directory.EnumerateFiles(Clang.Kernels, "*.cu").Order(StringComparer.Ordinal).Select(file => File.ReadAllText(file) + "\n"));
}

/// <summary>Skipped where there is no clang: <c>tests/cuda-on-cpu/install</c> installs it.</summary>
internal sealed class ClangTheoryAttribute : TheoryAttribute
{
    public ClangTheoryAttribute() => Skip = Clang.IsInstalled ? null : $"{Clang.Program} is not installed.";
}

internal static class Clang
{
    public const string Program = "/usr/bin/clang++-19";

    public static bool IsInstalled => File.Exists(Program);

    private static readonly string Root = typeof(Clang).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    public static string Kernels { get; } = Path.Combine(Root, "src", "CoDe.Shared", "Compute", "Cuda", "Kernels");

    /// <returns>PTX.</returns>
    public static string Compile(string source, int architecture)
    {
        string[] options =
        [
            "-x", "cuda", "--cuda-device-only", FormattableString.Invariant($"--cuda-gpu-arch=sm_{architecture}"), "-nocudainc", "-nocudalib", "--cuda-feature=+ptx80",
            "-std=c++17", "-O2", "-S", "-Wall", "-Wextra", "-Werror", "-include", Path.Combine(Root, "tests", "cuda-on-cpu", "clang.cuh"), "-I", Kernels, "-o", "-", "-",
        ];
        using var process = Process.Start(new ProcessStartInfo(Program, options) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var assembly = process.StandardOutput.ReadToEndAsync();
        process.StandardInput.Write(source);
        process.StandardInput.Close();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors.Result);
        return assembly.Result;
    }
}
