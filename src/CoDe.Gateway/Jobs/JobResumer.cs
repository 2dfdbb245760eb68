using CoDe.Gateway.Cluster;
using CoDe.Hosting.Lifecycle;

namespace CoDe.Gateway.Jobs;

/// <summary>Lets unfinished jobs go on: after the start, when a gateway is lost, and from time to time.</summary>
internal sealed class JobResumer(
    IGrainFactory grains, ClusterWatch watch, JobAccess access,
    Readiness readiness, ILogger<JobResumer> logger) : BackgroundService
{
    private bool _isStorageAway;

    /// <summary>Begins when all is loaded: before, jobs would only wait for the stages.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await readiness.WhenLoaded.WaitAsync(stoppingToken);
        if (access.IsOpen)
        {
            await watch.RunAsync(ResumeAsync, stoppingToken);
        }
    }

    /// <summary>Asks every unfinished job to go on. Of errors in a row the first is logged.</summary>
    private async Task ResumeAsync()
    {
        try
        {
            var unfinished = await grains.GetGrain<IJobIndex>(0).UnfinishedAsync().ConfigureAwait(false);
            await Task.WhenAll(unfinished.Select(id => grains.GetGrain<IJob>(id).ResumeAsync())).ConfigureAwait(false);
            _isStorageAway = false;
        }
        catch (Exception error)
        {
            if (!_isStorageAway)
            {
                logger.NotLookedUp(error.Message);
            }

            _isStorageAway = true;
        }
    }
}
