namespace CoDe.Cli.Options;

/// <summary>Keeps a folder to one run at a time. The system lets go of it where the run is killed.</summary>
internal static class FolderLock
{
    private const string FileName = ".code.lock";

    /// <returns>The lock, to be disposed of.</returns>
    /// <exception cref="UsageException">Another run has it.</exception>
    public static IDisposable Take(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(path))
        {
            throw new UsageException(
                $"another run is writing to {folder}; wait until it has ended, or give another --output.");
        }
    }
}
