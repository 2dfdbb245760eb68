using System.Text;

namespace CoDe.Flow;

/// <summary>Files that a user names, reached by symbolic links or not.</summary>
public static class RegularFile
{
    /// <summary>
    /// Bytes of the file that a path leads to. Pipes and devices have 0: they must not be opened, since reading them
    /// may never end.
    /// </summary>
    /// <exception cref="IOException">There is no such file, or it cannot be reached.</exception>
    public static long Length(string path)
        => (File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo ?? new FileInfo(path)).Length;

    /// <summary>Lines of a text file; none of an empty one.</summary>
    /// <param name="largest">Bytes that the file may have.</param>
    /// <exception cref="InvalidSettingException">It has more.</exception>
    public static IEnumerable<string> ReadLines(string path, int largest)
        => ReadText(path, largest) is { Length: > 0 } text ? text.ReplaceLineEndings("\n").Split('\n') : [];

    /// <summary>Text of a file in UTF-8.</summary>
    /// <param name="largest">Bytes that the file may have.</param>
    /// <exception cref="InvalidSettingException">It has more.</exception>
    public static string ReadText(string path, int largest)
    {
        var length = Length(path);
        if (length > largest)
        {
            throw new InvalidSettingException(
                path, FormattableString.Invariant($"{length} bytes long"),
                FormattableString.Invariant($"at most {largest}"));
        }

        if (length == 0)
        {
            return "";
        }

        var bytes = new byte[length];
        using var file = File.OpenHandle(path);
        var read = RandomAccess.Read(file, bytes, 0);
        using var text = new StreamReader(new MemoryStream(bytes, 0, read), Encoding.UTF8);
        return text.ReadToEnd();
    }
}
