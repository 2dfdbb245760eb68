using System.Runtime.InteropServices;
using CoDe.Engine.Compute.Torch.Native;
using CoDe.Testing;
using TorchSharp;
using Xunit;

namespace CoDe.Engine.Tests.Compute.Torch.Native;

/// <summary>Loading of libtorch, and the lines that say why it cannot be loaded.</summary>
public sealed class LibTorchTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("code-libtorch").FullName;

    private string Cpu => Path.Combine(_folder, LibTorchFiles.Cpu);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [TorchFact]
    public void Load_OfTheInstalledFolder_ComputesWithIt()
    {
        LibTorch.Load(folder: null, cuda: false);
        LibTorch.Load(folder: Environment.GetEnvironmentVariable(LibTorch.Variable), cuda: false);
        using var one = torch.tensor([1f, 2f]);
        using var sum = one + one;
        Assert.Equal([2f, 4f], sum.data<float>().ToArray());
        var version = $"{LibTorchLoader.Major}.{LibTorchLoader.Minor}.";
        Assert.StartsWith(version, torch.__version__, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "torch", "cpu")]
    [InlineData(true, "cuda", "cuda")]
    public void Load_OfAFolderWithoutLibtorch_NamesTheFolderAndTheRemedy(bool cuda, string device, string build)
    {
        var error = Assert.Throws<PlatformNotSupportedException>(() => LibTorch.Load(_folder, cuda));
        Assert.Equal(
            $"device {device}: {_folder} has no libtorch_cpu.so; build with -p:LibTorch={build}, or set LIBTORCH or "
            + "Device:LibTorchFolder to a folder of libtorch 2.10, such as torch/lib of an installed PyTorch",
            error.Message);
    }

    [Fact]
    public void Load_OfLibtorchForTheCpuAsCuda_NamesTheMissingFile()
    {
        File.WriteAllText(Cpu, "");
        var error = Assert.Throws<PlatformNotSupportedException>(() => LibTorch.Load(_folder, cuda: true));
        Assert.StartsWith($"device cuda: {_folder} has no libtorch_cuda.so; ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_OfAFileThatIsNoLibrary_GivesTheErrorOfTheSystem()
    {
        File.WriteAllBytes(Cpu, new byte[1024]);
        var error = Assert.Throws<LibTorchException>(() => LibTorchLoader.Load(new(_folder)));
        Assert.Equal($"{Cpu} does not load: invalid ELF header", error.Message);
    }

    [Fact]
    public void Load_OfALibraryWithoutVersion_SaysThatItIsOlder()
    {
        File.Copy(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "libSystem.Native.so"), Cpu);
        var error = Assert.Throws<LibTorchException>(() => LibTorchLoader.Load(new(_folder)));
        Assert.Equal($"{Cpu} is an older version, needed is 2.10", error.Message);
    }

    [Fact]
    public void Find_InAPackageOfPyTorch_FindsItsLibraries()
    {
        var libraries = Directory.CreateDirectory(Path.Combine(_folder, "lib")).FullName;
        File.WriteAllText(Path.Combine(libraries, LibTorchFiles.Cpu), "");
        Assert.Equal(libraries, LibTorchFiles.Find(_folder, environment: null, cuda: false).Folder);
        Assert.Equal(libraries, LibTorchFiles.Find(configured: null, $"{libraries}/", cuda: false).Folder);
    }

    [Fact]
    public void Gateway_OfAPlainBuild_HasNoLibtorch()
    {
        var assets = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "CoDe.Gateway.deps.json"));
        Assert.Contains("libLibTorchSharp.so", assets, StringComparison.Ordinal);
        Assert.DoesNotContain("libtorch", assets, StringComparison.Ordinal);
    }
}
