using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace CoDe.Engine.Compute.Torch.Native;

/// <summary>
/// Loads the libraries of Linux by their paths. A loaded one satisfies what later ones need by its name, wherever they
/// lie.
/// </summary>
internal sealed partial class LibTorchLoader
{
    /// <summary>Version of libtorch that TorchSharp is compiled for.</summary>
    public const int Major = 2;

    public const int Minor = 10;

    private const string Bindings = "libLibTorchSharp.so";

    private readonly string _folder;
    private readonly HashSet<string> _tried = [];

    private LibTorchLoader(string folder) => _folder = folder;

    /// <summary>Loads libtorch and TorchSharp's library.</summary>
    /// <returns>Handle of TorchSharp's library.</returns>
    /// <exception cref="LibTorchException">A library is missing, of another version, or does not load.</exception>
    public static nint Load(LibTorchFiles files)
    {
        var loader = new LibTorchLoader(files.Folder!);
        var cpu = loader.Load(LibTorchFiles.Cpu);
        CheckVersion(cpu, Path.Combine(files.Folder!, LibTorchFiles.Cpu));
        if (files.HasCuda)
        {
            loader.Load(LibTorchFiles.Cuda);
        }

        loader.Load("libtorch.so");
        return loader.LoadBindings();
    }

    private nint Load(string file)
    {
        var path = Path.Combine(_folder, file);
        return TryLoad(path, out var error) is not 0 and var handle ? handle : throw Failed(path, error);
    }

    /// <summary>
    /// Prefers the program's library, which fits the program. One in the folder of libtorch is for systems on which the
    /// program's does not load.
    /// </summary>
    private nint LoadBindings()
    {
        var (own, other) = (LibTorchFiles.OfProgram(Bindings), Path.Combine(_folder, Bindings));
        var error = $"{Bindings}: there is none beside the program";
        if (own is not null && TryLoad(own, out error) is not 0 and var handle)
        {
            return handle;
        }

        return File.Exists(other) ? Load(Bindings) : throw Failed(own ?? other, error);
    }

    /// <summary>
    /// Loads a library, and first what it needs where the system does not find that: a PyTorch that is installed with
    /// pip has CUDA's libraries in packages beside its own.
    /// </summary>
    private nint TryLoad(string path, out string error)
    {
        while (true)
        {
            try
            {
                error = "";
                return NativeLibrary.Load(path);
            }
            catch (DllNotFoundException failure)
            {
                // The last line is the system's.
                error = failure.Message.TrimEnd().Split('\n')[^1];
            }

            var missing = MissingLibrary().Match(error).Groups[1].Value;
            if (missing.Length == 0 || FindNeeded(missing) is not { } needed || !_tried.Add(needed))
            {
                return nint.Zero;
            }

            if (TryLoad(needed, out var cause) == 0)
            {
                error = cause;
                return nint.Zero;
            }
        }
    }

    private string? FindNeeded(string file)
    {
        var packages = Path.Combine(_folder, "..", "..", "nvidia");
        var folders = Directory.Exists(packages)
            ? Directory.EnumerateDirectories(packages).Select(package => Path.Combine(package, "lib"))
            : [];
        return folders.Prepend(_folder).Select(folder => Path.Combine(folder, file)).FirstOrDefault(File.Exists);
    }

    private static unsafe void CheckVersion(nint library, string path)
    {
        // Major and minor version in the two highest bytes; older versions do not export it.
        var version = NativeLibrary.TryGetExport(library, "aoti_torch_abi_version", out var function)
            ? ((delegate* unmanaged<ulong>)function)()
            : 0;
        var (major, minor) = ((int)(version >> 56), (int)(version >> 48) & 0xFF);
        if ((major, minor) != (Major, Minor))
        {
            var found = version == 0 ? "an older version" : $"version {major}.{minor}";
            throw new LibTorchException($"{path} is {found}, needed is {Major}.{Minor}");
        }
    }

    private static LibTorchException Failed(string path, string error)
        => new(
            $"{path} does not load: {error.Replace($"{path}: ", "", StringComparison.Ordinal)}",
            error.Contains("GLIBCXX_", StringComparison.Ordinal)
                ? "use a system with the libstdc++ of GCC 13 or later, such as Ubuntu 24.04 or Debian 13; for tests, "
                    + "tests/torch/install does without"
                : null);

    [GeneratedRegex(@"^(\S+): cannot open shared object file", RegexOptions.CultureInvariant)]
    private static partial Regex MissingLibrary();
}
