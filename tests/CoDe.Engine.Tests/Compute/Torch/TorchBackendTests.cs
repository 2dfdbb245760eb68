using CoDe.Engine.Compute;
using CoDe.Engine.Compute.Cpu;
using CoDe.Engine.Compute.Torch;
using CoDe.Testing.Processes;
using TorchSharp;

namespace CoDe.Engine.Tests.Compute.Torch;

/// <summary>
/// Back ends on libtorch; where it is not installed the portable one again, which its own tests cover.
/// </summary>
internal static class TorchBackends
{
    /// <summary>In the memory of the process.</summary>
    public static IBackend Create(ElementType type = ElementType.Float32)
        => LibTorchFolder.Missing is null
            ? TorchBackend.Create(new TorchOptions(Type: type, Threads: 2))
            : CpuBackend.Create(new CpuOptions(InstructionPath.Portable, Threads: 2));

    /// <summary>With memory of libtorch, as on a GPU.</summary>
    public static IBackend CreateOnDevice(ElementType type = ElementType.Float32)
        => LibTorchFolder.Missing is null ? OnDevice(type) : Create();

    private static TorchBackend OnDevice(ElementType type)
        => TorchBackend.OnDevice(new TorchOptions(Type: type, Threads: 2), () => torch.CPU);
}

public sealed class TorchBackendTests() : BackendTests(TorchBackends.Create());

public sealed class TorchDeviceBackendTests() : BackendTests(TorchBackends.CreateOnDevice());
