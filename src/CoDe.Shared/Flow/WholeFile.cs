namespace CoDe.Flow;

/// <summary>
/// Writes files that get their name when they are whole. What had the name before stays until then, also where the disk
/// is full or the process ends.
/// </summary>
public static class WholeFile
{
    /// <summary>Ending of files that are being written.</summary>
    public const string Partial = ".partial";

    /// <param name="toDevice">Whether the file is on the device when it gets its name.</param>
    /// <exception cref="IOException">It cannot be written; nothing is left of it.</exception>
    public static void Write(string path, ReadOnlySpan<byte> data, bool toDevice = false)
        => Write(path, data, static (file, bytes) => file.Write(bytes), toDevice);

    /// <inheritdoc cref="Write(string, ReadOnlySpan{byte}, bool)"/>
    /// <param name="write">Writes the file's content.</param>
    public static void Write<T>(string path, T state, Action<FileStream, T> write, bool toDevice = false)
        where T : allows ref struct
    {
        var target = TargetOf(path);
        var partial = $"{target}.{Guid.NewGuid():N}{Partial}";
        try
        {
            using (var file = new FileStream(partial, FileMode.CreateNew, FileAccess.Write))
            {
                write(file, state);
                if (toDevice)
                {
                    file.Flush(flushToDisk: true);
                }
            }

            File.Move(partial, target, overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }

    /// <summary>The file that a path leads to: a symbolic link is kept.</summary>
    private static string TargetOf(string path)
        => Path.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path : path;
}
