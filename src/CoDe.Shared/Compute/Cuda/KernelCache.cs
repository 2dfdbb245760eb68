using System.Security.Cryptography;
using System.Text;

namespace CoDe.Compute.Cuda;

/// <summary>
/// Compiled kernels on disk, in the user's cache folder. What decides them is the file's name, so nothing in it is ever out of date; where it
/// cannot be read or written they are compiled at every start.
/// </summary>
internal sealed class KernelCache(string path)
{
    /// <param name="identity">All that decides what the compiler yields.</param>
    public static KernelCache For(string identity)
    {
        var root = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache
            ? cache
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)));
        return new KernelCache(Path.Combine(root, "code", "kernels", $"{name}.cubin"));
    }

    public byte[]? Read()
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Whole or not at all: several processes may start at once.</summary>
    public void Write(byte[] image)
    {
        var unfinished = FormattableString.Invariant($"{path}.{Environment.ProcessId}");
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(unfinished, image);
            File.Move(unfinished, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            File.Delete(unfinished);
        }
    }
}
