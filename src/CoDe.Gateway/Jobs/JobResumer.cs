namespace CoDe.Gateway.Jobs;

/// <summary>Lets unfinished jobs go on: after the start, when a gateway is lost, and from time to time.</summary>
internal sealed class JobResumer(
    IGrainFactory grains, IClusterMembershipService membership, JobAccess access, TimeProvider time,
    ILogger<JobResumer> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    private bool _isStorageAway;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (access.IsOpen)
        {
            await Task.WhenAll(WatchMembershipAsync(stoppingToken), WatchTimeAsync(stoppingToken));
        }
    }

    private async Task WatchMembershipAsync(CancellationToken stopping)
    {
        await foreach (var _ in membership.MembershipUpdates.WithCancellation(stopping).ConfigureAwait(false))
        {
            await ResumeAsync().ConfigureAwait(false);
        }
    }

    private async Task WatchTimeAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
        {
            await ResumeAsync().ConfigureAwait(false);
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
