using Microsoft.Extensions.Logging;

namespace CoDe.Hosting.Tls;

/// <summary>
/// Keeps what was read from files, and reads it again when their bytes change. It looks when it is used, at most once
/// a second. Bytes are compared, since the files of a mounted secret are replaced behind links.
/// </summary>
internal sealed class FileValue<T>
    where T : class
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly IReadOnlyList<string> _paths;
    private readonly string _names;
    private readonly Func<IReadOnlyList<byte[]>, T> _read;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private IReadOnlyList<byte[]> _bytes;
    private long _looked;
    private string? _problem;
    private T _current;

    /// <param name="paths">Files that are read together.</param>
    /// <param name="read">Makes the value of the bytes of each file.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public FileValue(
        IReadOnlyList<string> paths, Func<IReadOnlyList<byte[]>, T> read, TimeProvider time, ILogger logger)
    {
        _paths = paths;
        _names = string.Join(", ", paths);
        _read = read;
        _time = time;
        _logger = logger;
        _bytes = ReadBytes();
        _current = read(_bytes);
        _looked = time.GetTimestamp();
    }

    /// <summary>
    /// Gets the value; another object once the files have changed. Files that cannot be read leave it as it was.
    /// </summary>
    public T Current
    {
        get
        {
            if (_time.GetElapsedTime(Volatile.Read(ref _looked)) >= Period && _lock.TryEnter())
            {
                try
                {
                    Look();
                }
                finally
                {
                    Volatile.Write(ref _looked, _time.GetTimestamp());
                    _lock.Exit();
                }
            }

            return Volatile.Read(ref _current);
        }
    }

    private void Look()
    {
        try
        {
            var bytes = ReadBytes();
            if (_bytes.Zip(bytes).Any(pair => !pair.First.AsSpan().SequenceEqual(pair.Second)))
            {
                Volatile.Write(ref _current, _read(bytes));
                _bytes = bytes;
                _logger.FilesReadAgain(_names);
            }

            _problem = null;
        }
        catch (Exception error) when (TlsFiles.IsOfFiles(error))
        {
            // Once, not at every look. Files that are being replaced do not fit each other for a moment.
            if (_problem != error.Message)
            {
                _problem = error.Message;
                _logger.FilesNotRead(_names, error.Message);
            }
        }
    }

    private IReadOnlyList<byte[]> ReadBytes() => [.. _paths.Select(File.ReadAllBytes)];
}
