using System.Runtime.InteropServices;

namespace CoDe.Engine.Compute.Torch.Native;

/// <summary>Places of the libraries.</summary>
/// <param name="Folder">Folder of libtorch; null where TorchSharp finds it.</param>
internal sealed record LibTorchFiles(string? Folder)
{
    public const string Cpu = "libtorch_cpu.so";
    public const string Cuda = "libtorch_cuda.so";

    private static readonly string[] Systems = ["linux-x64", "osx-arm64", "win-arm64", "win-x64"];

    public bool HasCuda => Folder is not null && File.Exists(Path.Combine(Folder, Cuda));

    /// <summary>Finds the libraries in the configured folder, that of the environment, or beside the program.</summary>
    /// <exception cref="LibTorchException">They are not there, or TorchSharp has none for this system.</exception>
    public static LibTorchFiles Find(string? configured, string? environment, bool cuda)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            return Elsewhere(RuntimeInformation.RuntimeIdentifier);
        }

        var named = string.IsNullOrEmpty(configured) ? environment : configured;
        var files = new LibTorchFiles(string.IsNullOrEmpty(named) ? BesideProgram() : Named(named));
        return files.HasCuda || !cuda ? files : throw new LibTorchException($"{files.Folder} has no {Cuda}");
    }

    /// <summary>Finds a file in the folders of the program's native libraries.</summary>
    public static string? OfProgram(string file)
    {
        var folders = (string?)AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") ?? "";
        return folders.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Append(AppContext.BaseDirectory)
            .Select(folder => Path.Combine(folder, file))
            .FirstOrDefault(File.Exists);
    }

    /// <summary>Leaves the search to TorchSharp where it has libraries for the system.</summary>
    private static LibTorchFiles Elsewhere(string system)
        => Systems.Contains(system)
            ? new(Folder: null)
            : throw new LibTorchException($"TorchSharp does not run on {system}", $"use {string.Join(", ", Systems)}");

    private static string BesideProgram()
        => OfProgram(Cpu) is { } file
            ? Path.GetDirectoryName(file)!
            : throw new LibTorchException($"there is no {Cpu} beside the program");

    /// <summary>Accepts the folder of the libraries and the one above, which is that of PyTorch's package.</summary>
    private static string Named(string named)
    {
        var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(named));
        string[] places = [folder, Path.Combine(folder, "lib")];
        return Array.Find(places, place => File.Exists(Path.Combine(place, Cpu)))
            ?? throw new LibTorchException($"{folder} has no {Cpu}");
    }
}
