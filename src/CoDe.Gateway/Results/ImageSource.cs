using CoDe.Gateway.Lanes;
using CoDe.Gateway.Replicas;
using CoDe.Gateway.Requests;

namespace CoDe.Gateway.Results;

/// <summary>Gets images from the cache, from other requests that make them, or from the origin.</summary>
internal sealed class ImageSource(
    Origin origin, ResultCache cache, Flights flights, ModelCatalog catalog, ResultMetrics metrics)
{
    /// <summary>Starts the images of an order; they finish on their own.</summary>
    /// <param name="accepted">Is told the images that wait before these, before any progress.</param>
    /// <returns>The images in their order.</returns>
    /// <exception cref="Flow.OverloadedException">The dispatcher does not accept what has to be made.</exception>
    public async Task<IReadOnlyList<Task<FinishedImage>>> StartAsync(
        ImageOrder order, CacheUse use, Action<int>? accepted = null)
    {
        if (!cache.IsOn)
        {
            use.Bypass();
        }

        use.Begin(order.Read.Images.Count);
        if (use.Mode is CacheMode.Full or CacheMode.Renew)
        {
            return await new CachedOrder(order, use, origin, cache, flights, catalog, metrics).StartAsync(accepted)
                .ConfigureAwait(false);
        }

        var pending = order.ToPending([.. Enumerable.Range(0, order.Read.Images.Count)]);
        await origin.SubmitAsync(pending, accepted).ConfigureAwait(false);
        return pending.Images;
    }
}
