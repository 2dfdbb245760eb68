namespace CoDe.Cli.Options;

/// <summary>Folder that results go into.</summary>
internal static class OutputFolder
{
    /// <summary>Makes it where it is missing, and finds out that it can be written before minutes of work.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Prepare(string folder)
    {
        Directory.CreateDirectory(folder);
        var probe = Path.Combine(folder, Path.GetRandomFileName());
        using var file = new FileStream(
            probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
    }
}
