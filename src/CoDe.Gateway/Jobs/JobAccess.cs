using CoDe.Flow;

namespace CoDe.Gateway.Jobs;

/// <summary>Access to jobs, which need a folder and a storage that answers.</summary>
/// <param name="isOpen">False for gateways that share a Redis but no folder.</param>
internal sealed class JobAccess(bool isOpen, ILogger<JobAccess> logger)
{
    public bool IsOpen => isOpen;

    /// <exception cref="JobsNotConfiguredException">This gateway has no folder for them.</exception>
    public void ThrowIfClosed()
    {
        if (!isOpen)
        {
            throw new JobsNotConfiguredException(
                "Jobs need Gateway:DataFolder, a folder that all gateways of the Redis share.");
        }
    }

    /// <summary>Calls a grain, whose activation fails with anything while its storage is away.</summary>
    /// <exception cref="NotReadyException">It cannot answer now.</exception>
    public async Task<T> TryAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception error) when (error is not InputException)
        {
            logger.StorageAway(error.Message);
            throw new NotReadyException("Jobs cannot be used now: their storage does not answer; try again later.");
        }
    }
}
