using CoDe.Engine.Compute;
using CoDe.Engine.Compute.Cpu;
using CoDe.Engine.Compute.Torch;
using CoDe.Engine.Serving;
using CoDe.Testing;
using Xunit;

namespace CoDe.Engine.Tests.Serving;

/// <summary>Devices that a service uses, and devices that it refuses.</summary>
public sealed class DeviceCheckTests
{
    [Fact]
    public void Run_OfAnotherArithmeticOfFloat32_Agrees()
    {
        using var backend = CpuBackend.Create(new CpuOptions(InstructionPath.Portable));
        DeviceCheck.Run(backend);
    }

    [TorchTheory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.BFloat16)]
    [InlineData(ElementType.Float16)]
    public void Run_OfLibtorch_Agrees(ElementType type)
    {
        using var backend = TorchBackend.Create(new TorchOptions(Type: type, Threads: 2));
        DeviceCheck.Run(backend);
    }

    /// <summary>Weights of bfloat16 under activations of float32 are as wrong as an imprecise operator.</summary>
    [Fact]
    public void Run_OfADeviceThatIsSlightlyOff_RefusesItInOneLine()
    {
        using var backend = CpuBackend.Create(new CpuOptions(Precision: CpuPrecision.BFloat16Weights));
        var error = Assert.Throws<DeviceCheckException>(() => DeviceCheck.Run(backend));
        Assert.StartsWith(
            $"{backend.Description} differs from the CPU: logits of the demonstration model by ", error.Message,
            StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }
}
