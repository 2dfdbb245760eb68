using CoDe.Flow;
using Microsoft.Win32.SafeHandles;

namespace CoDe.Engine.Weights;

/// <summary>
/// File that is read in pieces. Every access is checked against its length, so no claim of the file is trusted, and a
/// file that is cut while it is read is an error. Mapped into memory it would be a fault, which ends the process.
/// </summary>
internal sealed class CheckpointFile : IDisposable
{
    private readonly SafeFileHandle? _handle;

    private CheckpointFile(string path, long length, SafeFileHandle? handle)
        => (Path, Length, _handle) = (path, length, handle);

    public string Path { get; }

    public long Length { get; }

    /// <exception cref="CheckpointException">The file cannot be opened.</exception>
    public static CheckpointFile Open(string path)
    {
        try
        {
            var length = RegularFile.Length(path);
            return new CheckpointFile(path, length, length == 0 ? null : File.OpenHandle(path));
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

    /// <summary>Copies bytes out. Any thread may read.</summary>
    /// <exception cref="CheckpointException">They lie outside the file, or it was cut.</exception>
    public void Read(long offset, Span<byte> destination)
    {
        if (destination.IsEmpty)
        {
            return;
        }

        if (_handle is null || offset < 0 || offset > Length - destination.Length)
        {
            throw Corrupt(offset, $"{destination.Length} bytes are needed there, the file has {Length}");
        }

        while (!destination.IsEmpty)
        {
            var read = ReadSome(offset, destination);
            if (read == 0)
            {
                throw Corrupt(offset, $"it had {Length} bytes when it was opened and was cut since");
            }

            offset += read;
            destination = destination[read..];
        }
    }

    public CheckpointException Corrupt(long offset, string problem)
        => new($"{Path} is corrupt at byte {offset}: {problem}.");

    public CheckpointException Invalid(string problem) => new($"{Path} cannot be used: {problem}.");

    public void Dispose() => _handle?.Dispose();

    private int ReadSome(long offset, Span<byte> destination)
    {
        try
        {
            return RandomAccess.Read(_handle!, destination, offset);
        }
        catch (IOException error)
        {
            throw new CheckpointException($"{Path} cannot be read: {error.Message}", error);
        }
    }
}
