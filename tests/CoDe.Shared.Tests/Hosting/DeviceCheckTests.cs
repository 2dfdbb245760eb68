using CoDe.Compute.Cpu;
using CoDe.Compute.Cuda;
using CoDe.Hosting;
using Xunit;

namespace CoDe.Tests.Hosting;

public sealed class DeviceCheckTests
{
    [Fact]
    public void Run_OfAnotherArithmeticOfFloat32_Agrees()
    {
        using var backend = CpuBackend.Create(new CpuOptions(InstructionPath.Portable));
        DeviceCheck.Run(backend);
    }

    /// <summary>Weights of bfloat16 on a device that says it computes in float32 are as wrong as a kernel that is a little off.</summary>
    [Fact]
    public void Run_OfADeviceThatIsALittleOff_RefusesIt()
    {
        using var backend = CpuBackend.Create(new CpuOptions(Weights: WeightType.BFloat16));
        var error = Assert.Throws<CudaException>(() => DeviceCheck.Run(backend));
        Assert.Contains("does not agree with the CPU: logits of the demonstration model are off by", error.Message, StringComparison.Ordinal);
    }
}
