using Orleans.Placement;

namespace CoDe.Gateway.Callers.Quotas;

/// <summary>
/// Counts the images of a caller in memory: where its silo is lost, the caller may make those of a minute once more.
/// </summary>
[PreferLocalPlacement]
internal sealed class ImageQuotaGrain(TimeProvider time) : Grain, IImageQuota
{
    private readonly ImageWindow _window = new(time);

    public Task<QuotaAnswer> TakeAsync(int needed, int besides, int limit)
    {
        var taken = _window.Take(needed, besides, limit);
        return Task.FromResult(new QuotaAnswer(
            taken, taken > 0 ? TimeSpan.Zero : _window.WaitFor(needed, limit)));
    }

    public Task GiveBackAsync(int images)
    {
        _window.GiveBack(images);
        return Task.CompletedTask;
    }
}
