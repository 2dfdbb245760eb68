using CoDe.Hosting.Lifecycle;

namespace CoDe.Gateway.Jobs;

/// <summary>Checks that the data folder can be written.</summary>
internal sealed class DataFolderCheck(string folder) : StartupCheck
{
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public override Task StartingAsync(CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(folder);
            using var probe = new FileStream(
                Path.Combine(folder, Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1,
                FileOptions.DeleteOnClose);
            return Task.CompletedTask;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"Gateway:DataFolder is {folder}, which cannot be written: {error.Message}", error);
        }
    }
}
