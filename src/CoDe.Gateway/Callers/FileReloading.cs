namespace CoDe.Gateway.Callers;

/// <summary>Looks once a second whether a file has changed. Of equal errors in a row one is logged.</summary>
internal sealed class FileReloading(
    IEnumerable<IReloadedFile> files, TimeProvider time, ILogger<FileReloading> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var problems = new Dictionary<IReloadedFile, string>();
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            foreach (var file in files)
            {
                Reload(file, problems);
            }
        }
    }

    private void Reload(IReloadedFile file, Dictionary<IReloadedFile, string> problems)
    {
        try
        {
            if (file.Reload())
            {
                logger.Reloaded(file.Path);
                problems.Remove(file);
            }
        }
        catch (UnusableFileException error)
        {
            if (problems.GetValueOrDefault(file) != error.Message)
            {
                logger.NotReloaded(error.Message);
            }

            problems[file] = error.Message;
        }
    }
}
