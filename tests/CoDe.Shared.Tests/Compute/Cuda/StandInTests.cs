using System.Diagnostics;
using CoDe.CudaStandIn;
using Xunit;

namespace CoDe.Tests.Compute.Cuda;

/// <summary>What runs the kernels here is itself tested: conversions, tensor cores, barriers, capture, and that every kind of mistake shows.</summary>
public sealed class StandInTests
{
    [CardFact]
    public async Task SelfTest_UnderAnyOrderOfThreads_Holds()
    {
        using var test = Process.Start(new ProcessStartInfo(
            Path.Combine(CudaOnCpu.Sources, "selftest", "run"), [CudaOnCpu.Folder + "-selftest"])
        { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, errors) = (test.StandardOutput.ReadToEndAsync(), test.StandardError.ReadToEndAsync());
        await test.WaitForExitAsync();
        Assert.True(test.ExitCode == 0, await output + await errors);
        Assert.Contains("seed 3, CUDA_ON_CPU_DEFER=1", await output, StringComparison.Ordinal);
    }
}
