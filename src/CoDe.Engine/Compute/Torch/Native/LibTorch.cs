using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace CoDe.Engine.Compute.Torch.Native;

/// <summary>Loads libtorch and TorchSharp's library, once a process and before TorchSharp looks for them.</summary>
internal static class LibTorch
{
    /// <summary>Variable of the environment that names the folder where no setting does.</summary>
    public const string Variable = "LIBTORCH";

    /// <summary>Library of TorchSharp, which calls libtorch.</summary>
    public const string Library = "LibTorchSharp";

    private static readonly Lock Gate = new();
    private static LibTorchFiles? _loaded;

    /// <summary>Loads the libraries; later calls only check that they ask for the same.</summary>
    /// <param name="folder">
    /// A folder of libtorch, or of an installed PyTorch; empty for that of the environment, or for the libraries beside
    /// the program.
    /// </param>
    /// <param name="cuda">Requires a GPU that libtorch can use.</param>
    /// <exception cref="PlatformNotSupportedException">
    /// The libraries are missing, of another version or do not load, or there is no GPU.
    /// </exception>
    public static void Load(string? folder, bool cuda)
    {
        lock (Gate)
        {
            try
            {
                LoadOnce(LibTorchFiles.Find(folder, Environment.GetEnvironmentVariable(Variable), cuda));
                if (cuda && !torch.TryInitializeDeviceType(DeviceType.CUDA))
                {
                    throw new LibTorchException(
                        "libtorch finds no GPU that it can use", "nvidia-smi lists GPUs and their driver");
                }
            }
            catch (LibTorchException error)
            {
                var device = cuda ? "cuda" : "torch";
                var line = $"device {device}: {error.Message}; {error.Remedy ?? UsualRemedy(cuda)}";
                throw new PlatformNotSupportedException(line, error);
            }
        }
    }

    private static void LoadOnce(LibTorchFiles files)
    {
        if (_loaded is not null && _loaded != files)
        {
            throw new LibTorchException(
                $"this process has loaded {_loaded.Folder} already, not {files.Folder}", "use one folder a process");
        }

        if (_loaded is null)
        {
            OpenMp.LimitSpinning();
            if (files.Folder is not null)
            {
                Resolve(LibTorchLoader.Load(files));
            }

            StartTorchSharp();
            _loaded = files;
        }
    }

    /// <summary>TorchSharp's own search would load a second library where there are two.</summary>
    private static void Resolve(nint library)
    {
        foreach (var caller in new[] { typeof(torch).Assembly, typeof(LibTorch).Assembly })
        {
            NativeLibrary.SetDllImportResolver(caller, (name, _, _) => name == Library ? library : nint.Zero);
        }
    }

    private static void StartTorchSharp()
    {
        try
        {
            RuntimeHelpers.RunClassConstructor(typeof(torch).TypeHandle);
        }
        catch (TypeInitializationException error)
        {
            var cause = error.GetBaseException().Message.Split('\n')[0].Trim();
            throw new LibTorchException($"TorchSharp does not start: {cause}");
        }
    }

    private static string UsualRemedy(bool cuda)
        => $"build with -p:LibTorch={(cuda ? "cuda" : "cpu")}, or set {Variable} or Device:LibTorchFolder to a folder "
            + $"of libtorch {LibTorchLoader.Major}.{LibTorchLoader.Minor}, such as torch/lib of an installed PyTorch";
}
