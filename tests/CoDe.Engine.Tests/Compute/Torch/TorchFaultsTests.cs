using System.Runtime.InteropServices;
using CoDe.Engine.Compute;
using CoDe.Engine.Compute.Torch;
using CoDe.Testing;
using TorchSharp;
using Xunit;

namespace CoDe.Engine.Tests.Compute.Torch;

/// <summary>Meanings of the messages of libtorch.</summary>
public sealed class TorchFaultsTests
{
    [Theory]
    [InlineData("CUDA error: device-side assert triggered\nCUDA kernel errors might be ...", DeviceFault.Lost)]
    [InlineData("CUDA error: an illegal memory access was encountered", DeviceFault.Lost)]
    [InlineData("CUDA error: unspecified launch failure", DeviceFault.Lost)]
    [InlineData("CUDA error: uncorrectable ECC error encountered", DeviceFault.Lost)]
    [InlineData("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm(...)`", DeviceFault.Lost)]
    [InlineData("CUDA error: invalid configuration argument", DeviceFault.None)]
    [InlineData("CUDA error: CUBLAS_STATUS_INVALID_VALUE when calling `cublasGemmEx(...)`", DeviceFault.None)]
    [InlineData("mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)", DeviceFault.None)]
    [InlineData("CUDA out of memory. Tried to allocate 20.00 MiB.", DeviceFault.OutOfMemory)]
    [InlineData("CUDA error: out of memory", DeviceFault.OutOfMemory)]
    [InlineData("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`", DeviceFault.OutOfMemory)]
    public void Fault_OfAMessageOfLibtorch_IsTheDevicesOrTheCalls(string message, DeviceFault fault)
        => Assert.Equal(fault, TorchFaults.Of(new LibTorchFault(message)));

    [Fact]
    public void Fault_OfAnotherException_IsNone()
        => Assert.Equal(DeviceFault.None, TorchFaults.Of(new InvalidOperationException("CUDA error: made up")));

    [TorchFact]
    public void Fault_OfCallsThatLibtorchRefuses_IsTheCallsOrTheMemorys()
    {
        using var backend = TorchBackend.Create(new TorchOptions(Threads: 1));
        using var pair = torch.zeros(2, 3);
        var refused = Assert.Throws<ExternalException>(() => pair.bmm(pair));
        Assert.Equal(DeviceFault.None, backend.FaultOf(refused));
        var full = Assert.Throws<ExternalException>(() => torch.zeros(1L << 60));
        Assert.Equal(DeviceFault.OutOfMemory, backend.FaultOf(full));
    }

    private sealed class LibTorchFault(string message) : ExternalException(message);
}
