using System.IO.MemoryMappedFiles;

namespace CoDe.Engine.Weights;

/// <summary>
/// File that is read in place. Every access is checked against its length, so no claim of the file is trusted.
/// </summary>
internal sealed class MappedFile : IDisposable
{
    private readonly MemoryMappedFile? _map;

    private MappedFile(string path, long length, MemoryMappedFile? map) => (Path, Length, _map) = (path, length, map);

    public string Path { get; }

    public long Length { get; }

    /// <exception cref="CheckpointException">The file cannot be opened.</exception>
    public static MappedFile Open(string path)
    {
        try
        {
            if (Directory.Exists(path))
            {
                throw new CheckpointException($"{path} is a folder, not a checkpoint.");
            }

            var length = new FileInfo(path).Length;
            return new MappedFile(path, length, length == 0 ? null : MemoryMappedFile.CreateFromFile(
                new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read), null,
                0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CheckpointException($"{path} does not exist.", error);
        }
        catch (Exception error)
            when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new CheckpointException($"{path} cannot be read: {error.Message}", error);
        }
    }

    /// <summary>Copies bytes out.</summary>
    /// <exception cref="CheckpointException">They lie outside the file.</exception>
    public void Read(long offset, Span<byte> destination)
    {
        if (destination.IsEmpty)
        {
            return;
        }

        using var view = View(offset, destination.Length);
        view.SafeMemoryMappedViewHandle.ReadSpan((ulong)view.PointerOffset, destination);
    }

    /// <summary>Maps a part of the file; disposing the view lets go of its pages.</summary>
    /// <exception cref="CheckpointException">The part is empty or lies outside the file.</exception>
    public MemoryMappedViewAccessor View(long offset, long size)
    {
        if (_map is null || offset < 0 || size <= 0 || offset > Length - size)
        {
            throw Corrupt(offset, $"{size} bytes are needed there, the file has {Length}");
        }

        return _map.CreateViewAccessor(offset, size, MemoryMappedFileAccess.Read);
    }

    public CheckpointException Corrupt(long offset, string problem)
        => new($"{Path} is corrupt at byte {offset}: {problem}.");

    public CheckpointException Invalid(string problem) => new($"{Path} cannot be used: {problem}.");

    public void Dispose() => _map?.Dispose();
}
