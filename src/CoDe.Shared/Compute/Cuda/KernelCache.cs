using System.Security.Cryptography;
using System.Text;

namespace CoDe.Compute.Cuda;

/// <summary>
/// Compiled kernels on disk. What decides them is the file's name, so nothing in it is ever out of date; where it cannot be read or written
/// they are compiled at every start.
/// </summary>
/// <param name="folder">Null to keep nothing.</param>
/// <param name="identity">All that decides what the compiler yields.</param>
internal sealed class KernelCache(string? folder, string identity)
{
    private readonly string? _path = folder is null ? null : Path.Combine(folder, $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)))}.cubin");

    /// <summary>Of the user; null for one who has no home, as in some containers.</summary>
    public static string? UserFolder
    {
        get
        {
            var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } given ? given : home.Length > 0 ? Path.Combine(home, ".cache") : null;
            return cache is null ? null : Path.Combine(cache, "code", "kernels");
        }
    }

    public byte[]? Read()
    {
        try
        {
            return _path is null ? null : File.ReadAllBytes(_path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Whole or not at all: several processes may start at once.</summary>
    public void Write(byte[] image)
    {
        if (_path is null)
        {
            return;
        }

        var unfinished = $"{_path}.{Guid.NewGuid():N}";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            File.WriteAllBytes(unfinished, image);
            File.Move(unfinished, _path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The next start tries again.
        }
    }
}
