using CoDe.Gateway.Lanes;
using CoDe.Gateway.Replicas;
using CoDe.Gateway.Requests;
using CoDe.Telemetry;

namespace CoDe.Gateway.Results;

/// <summary>
/// One order on its way through the cache. It leads the flights of images that nobody makes, submits those images
/// together, and follows the other flights. Where a leader fails, a follower leads, so that errors are never shared.
/// </summary>
internal sealed class CachedOrder(
    ImageOrder order, CacheUse use, Origin origin, ResultCache cache, Flights flights, ModelCatalog catalog,
    ResultMetrics metrics)
{
    /// <inheritdoc cref="ImageSource.StartAsync"/>
    public async Task<IReadOnlyList<Task<FinishedImage>>> StartAsync(Action<int>? accepted)
    {
        Part[] parts = [.. order.Read.Images.Select((image, position) => new Part(
            position, ImageKey.Of(order.Read, image)))];
        var images = new Task<FinishedImage>?[parts.Length];
        foreach (var part in parts)
        {
            images[part.Position] = await FindAsync(part, cache.FindInMemoryAsync).ConfigureAwait(false)
                is { } image ? Task.FromResult(image) : null;
        }

        var missing = parts.Where(part => images[part.Position] is null).ToLookup(TryLead);
        Part[] leads = [.. missing[true]];
        foreach (var (part, image) in leads.Zip(await LeadAsync(leads, accepted).ConfigureAwait(false)))
        {
            images[part.Position] = image;
        }

        // A follower may have to submit: not before the rest of the order is accepted.
        foreach (var part in missing[false])
        {
            images[part.Position] = FollowAsync(part);
        }

        return images!;
    }

    private async ValueTask<FinishedImage?> FindAsync(Part part, Func<string, ValueTask<FinishedImage?>> find)
    {
        var image = use.Mode is CacheMode.Renew ? null : await find(part.Key).ConfigureAwait(false);
        if (image is not null)
        {
            Count(part, CacheOutcome.Hit, OutcomeNames.Hit);
        }

        return image;
    }

    /// <summary>Lets a request that generates anew lead alone; an urgent one waits for no other priority.</summary>
    private bool TryLead(Part part)
    {
        if (use.Mode is CacheMode.Renew)
        {
            part.Flight = flights.Alone(part.Key);
            return true;
        }

        var leads = flights.TryLead($"{order.Priority} {part.Key}", out var flight);
        part.Flight = flight;
        use.Set(part.Position, leads ? CacheOutcome.Submitted : CacheOutcome.Collapsed);
        return leads;
    }

    /// <summary>Looks for the images once more, in Redis too, and submits those that are not there.</summary>
    private async Task<Task<FinishedImage>[]> LeadAsync(Part[] parts, Action<int>? accepted)
    {
        try
        {
            var found = await Task.WhenAll(parts.Select(part => FindAsync(part, cache.FindAsync).AsTask()))
                .ConfigureAwait(false);
            foreach (var (part, image) in parts.Zip(found).Where(each => each.Second is not null))
            {
                part.Flight.End(image);
            }

            Part[] missing = [.. parts.Where((_, index) => found[index] is null)];
            var made = new Queue<Task<FinishedImage>>(await SubmitAsync(missing, accepted).ConfigureAwait(false));
            return [.. found.Select(image => image is null ? made.Dequeue() : Task.FromResult(image))];
        }
        catch
        {
            Array.ForEach(parts, part => part.Flight.End(null));
            throw;
        }
    }

    private async Task<Task<FinishedImage>[]> SubmitAsync(Part[] parts, Action<int>? accepted)
    {
        if (parts.Length == 0)
        {
            accepted?.Invoke(0);
            return [];
        }

        var pending = order.ToPending([.. parts.Select(part => part.Position)]);
        Task<FinishedImage>[] images = [.. parts.Zip(pending.Images, FinishAsync)];
        await origin.SubmitAsync(pending, accepted).ConfigureAwait(false);
        return images;
    }

    /// <summary>Stores the image before its flight ends, so that requests from then on find it.</summary>
    private async Task<FinishedImage> FinishAsync(Part part, Task<FinishedImage> made)
    {
        FinishedImage? image = null;
        Count(part, CacheOutcome.Submitted, OutcomeNames.Miss);
        try
        {
            image = await made.ConfigureAwait(false);
            if (catalog.IsCurrent(order.Read.Model, order.Read.Steps))
            {
                cache.Store(part.Key, image);
                use.Set(part.Position, CacheOutcome.Stored);
            }

            return image;
        }
        finally
        {
            part.Flight.End(image);
        }
    }

    private async Task<FinishedImage> FollowAsync(Part part)
    {
        do
        {
            var image = await part.Flight.Image.WaitAsync(order.Caller.Cancellation).ConfigureAwait(false);
            if (image is not null)
            {
                Count(part, CacheOutcome.Collapsed, OutcomeNames.Collapsed);
                return image;
            }
        }
        while (!TryLead(part));

        var led = await LeadAsync([part], null).ConfigureAwait(false);
        return await led[0].ConfigureAwait(false);
    }

    private void Count(Part part, CacheOutcome outcome, string name)
    {
        use.Set(part.Position, outcome);
        metrics.Count(name);
    }

    /// <summary>An image of the order.</summary>
    private sealed class Part(int position, string key)
    {
        public int Position => position;

        public string Key => key;

        /// <summary>The flight that the order leads or follows; set where the image was not found at once.</summary>
        public Flights.Flight Flight { get; set; } = null!;
    }
}
