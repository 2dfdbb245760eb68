using System.Collections.Concurrent;
using CoDe.Flow;

namespace CoDe.Gateway.Callers.Quotas;

/// <summary>
/// Holds the callers of this gateway to their images a minute. It asks for some more images than a request needs, so
/// that the next requests are answered here; what all gateways have in hand is at most a <see cref="Share"/>th of a
/// caller's limit.
/// </summary>
internal sealed class ImageQuotas(
    IGrainFactory grains, IClusterMembershipService membership, TimeProvider time, ILogger<ImageQuotas> logger)
{
    private const int Share = 25;

    private const int MostTries = 5;

    /// <summary>Callers beyond which those without images in hand are forgotten.</summary>
    private const int MostCallers = 10_000;

    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<string, ImagesInHand> _callers = new(StringComparer.Ordinal);

    /// <summary>Takes images of a caller's quota, if it has a limit.</summary>
    /// <exception cref="InvalidSettingException">There are more than the caller may ever ask for at a time.</exception>
    /// <exception cref="OverloadedException">The quota does not have so many left.</exception>
    /// <exception cref="NotReadyException">The quota cannot be asked for now.</exception>
    public Task TakeAsync(QuotaHolder holder, int images)
        => holder.ImagesPerMinute > 0 ? TakeOfAsync(holder, images) : Task.CompletedTask;

    /// <summary>Gives images back that are not made, since the queue did not take them.</summary>
    public async Task GiveBackAsync(QuotaHolder holder, int images)
    {
        if (holder.ImagesPerMinute > 0)
        {
            await TryAsync(holder.Name, async quota =>
            {
                await quota.GiveBackAsync(images).ConfigureAwait(false);
                return true;
            }).ConfigureAwait(false);
        }
    }

    private async Task TakeOfAsync(QuotaHolder holder, int images)
    {
        if (images > holder.ImagesPerMinute)
        {
            throw new InvalidSettingException(
                "count", $"{images} images", $"1 to {holder.ImagesPerMinute} for {holder.Name}, who may have so many a "
                    + "minute");
        }

        var hand = _callers.GetOrAdd(holder.Name, _ => new ImagesInHand());
        if (hand.TryTake(images))
        {
            return;
        }

        ForgetIfMany();
        await hand.Lock.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!hand.TryTake(images))
            {
                await TakeMoreAsync(holder, hand, images).ConfigureAwait(false);
            }
        }
        finally
        {
            hand.Lock.Release();
        }
    }

    private async Task TakeMoreAsync(QuotaHolder holder, ImagesInHand hand, int images)
    {
        var gateways = membership.CurrentSnapshot.Members.Values.Count(each => each.Status == SiloStatus.Active);
        var besides = holder.ImagesPerMinute / (Share * Math.Max(1, gateways));
        var held = hand.TakeAll();
        try
        {
            var answer = await TryAsync(
                holder.Name, quota => quota.TakeAsync(images - held, besides, holder.ImagesPerMinute))
                .ConfigureAwait(false);
            if (answer.Taken == 0)
            {
                throw new OverloadedException(
                    $"{holder.Name} has asked for its {holder.ImagesPerMinute} images of this minute")
                {
                    RetryAfter = answer.RetryAfter,
                };
            }

            held += answer.Taken - images;
        }
        finally
        {
            hand.Add(held);
        }
    }

    /// <summary>Asks the grain of a caller, which another silo takes over where its own is lost.</summary>
    private async Task<T> TryAsync<T>(string caller, Func<IImageQuota, Task<T>> ask)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await ask(grains.GetGrain<IImageQuota>(caller)).ConfigureAwait(false);
            }
            catch (Exception error) when (error is OrleansException or TimeoutException)
            {
                logger.QuotaUnreachable(caller, error.Message);
                if (tries == MostTries)
                {
                    throw new NotReadyException("Quotas cannot be asked for now; try again later.");
                }
            }

            await Task.Delay(RetryPause, time).ConfigureAwait(false);
        }
    }

    private void ForgetIfMany()
    {
        if (_callers.Count > MostCallers)
        {
            foreach (var caller in _callers.Where(each => each.Value.IsEmpty))
            {
                _callers.TryRemove(caller);
            }
        }
    }

    /// <summary>Images that were taken of a quota and not used yet.</summary>
    private sealed class ImagesInHand
    {
        private int _images;

        /// <summary>Held by the one request that asks for more.</summary>
        public SemaphoreSlim Lock { get; } = new(1);

        public bool IsEmpty => Volatile.Read(ref _images) == 0;

        public bool TryTake(int images)
        {
            for (var left = Volatile.Read(ref _images); left >= images;)
            {
                var seen = Interlocked.CompareExchange(ref _images, left - images, left);
                if (seen == left)
                {
                    return true;
                }

                left = seen;
            }

            return false;
        }

        public int TakeAll() => Interlocked.Exchange(ref _images, 0);

        public void Add(int images) => Interlocked.Add(ref _images, images);
    }
}

/// <summary>A caller as its quota knows it.</summary>
/// <param name="ImagesPerMinute">0 for any number.</param>
internal readonly record struct QuotaHolder(string Name, int ImagesPerMinute);
