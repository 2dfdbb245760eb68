using CoDe.Flow;
using CoDe.Gateway.Callers;
using CoDe.Gateway.Callers.Quotas;
using CoDe.Telemetry;

namespace CoDe.Gateway.Requests;

/// <summary>Admits requests of callers that have a quota, and counts what they use.</summary>
internal sealed class QuotaAdmission(ImageQuotas quotas, CallerMetrics metrics)
{
    /// <summary>Takes the images of a request from the quota of its caller, before any device time is spent.</summary>
    /// <exception cref="InvalidSettingException">There are more than the caller may ever ask for.</exception>
    /// <exception cref="OverloadedException">The quota does not have so many left.</exception>
    public async Task EnterAsync(Caller caller, int images)
    {
        if (caller.Quota is not { } holder)
        {
            return;
        }

        if (caller.Identity!.Limits.ImagesQueued is > 0 and var most && images > most)
        {
            throw new InvalidSettingException(
                "count", $"{images} images", $"1 to {most} for {holder.Name}, of whom so many may wait");
        }

        try
        {
            await quotas.TakeAsync(holder, images);
        }
        catch (OverloadedException)
        {
            metrics.Refused(holder.Name, ReasonNames.Rate);
            throw;
        }
    }

    /// <summary>Starts a request that entered. Images that the queue does not take are given back.</summary>
    public async Task<T> StartAsync<T>(Caller caller, int images, Func<Task<T>> start)
    {
        if (caller.Quota is not { } holder)
        {
            return await start();
        }

        return await StartAsync(holder, images, start, () => metrics.Refused(holder.Name, ReasonNames.Queue));
    }

    /// <summary>Starts what images were taken for. Those that the queue does not take are given back.</summary>
    /// <param name="refused">Called where the queue does not take them.</param>
    public async Task<T> StartAsync<T>(QuotaHolder holder, int images, Func<Task<T>> start, Action? refused = null)
    {
        try
        {
            var started = await start().ConfigureAwait(false);
            metrics.Accepted(holder.Name, images);
            return started;
        }
        catch (OverloadedException)
        {
            refused?.Invoke();
            await quotas.GiveBackAsync(holder, images).ConfigureAwait(false);
            throw;
        }
    }
}
