using CoDe.Flow;

namespace CoDe.Gateway.Callers;

/// <summary>A file of a setting cannot be used: which, where in it and why.</summary>
internal sealed class UnusableFileException(string setting, string path, string problem)
    : InputException($"{setting} is {path}, {problem}");

/// <summary>A file whose content is taken over when it changes.</summary>
internal interface IReloadedFile
{
    string Path { get; }

    /// <summary>Takes a new content over, if there is one.</summary>
    /// <returns>Whether there was.</returns>
    /// <exception cref="UnusableFileException">There is, but it cannot be used; the former stays.</exception>
    bool Reload();
}

/// <summary>
/// The last usable content of a file. Contents are compared rather than times: a symbolic link that is switched, as
/// Kubernetes does, may lead to an older file.
/// </summary>
internal sealed class ReloadedFile<T> : IReloadedFile
    where T : class
{
    private const int LargestBytes = 16 << 20;

    private readonly string _setting;
    private readonly Func<string, T> _parse;
    private string? _seen;
    private T? _current;

    /// <param name="setting">Key of the setting that names the file.</param>
    /// <param name="parse">Reads the content; what it throws is about the content alone.</param>
    /// <exception cref="UnusableFileException">It cannot be used.</exception>
    public ReloadedFile(string setting, string path, Func<string, T> parse)
    {
        (_setting, Path, _parse) = (setting, System.IO.Path.GetFullPath(path), parse);
        Reload();
    }

    public string Path { get; }

    public T Current => Volatile.Read(ref _current)!;

    public bool Reload()
    {
        try
        {
            var text = RegularFile.ReadText(Path, LargestBytes);
            if (text == _seen)
            {
                return false;
            }

            // A content that cannot be used is told once.
            _seen = text;
            Volatile.Write(ref _current, _parse(text));
            return true;
        }
        catch (Exception error) when (error is InputException or IOException or UnauthorizedAccessException)
        {
            throw new UnusableFileException(_setting, Path, error.Message);
        }
    }
}
