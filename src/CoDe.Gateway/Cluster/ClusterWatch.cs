namespace CoDe.Gateway.Cluster;

/// <summary>Acts when the membership of the cluster changes, and from time to time.</summary>
internal sealed class ClusterWatch(IClusterMembershipService membership, TimeProvider time)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    /// <param name="act">Must not throw, or watching ends. Two calls may overlap.</param>
    public Task RunAsync(Func<Task> act, CancellationToken stopping)
        => Task.WhenAll(WatchMembershipAsync(act, stopping), WatchTimeAsync(act, stopping));

    private async Task WatchMembershipAsync(Func<Task> act, CancellationToken stopping)
    {
        await foreach (var _ in membership.MembershipUpdates.WithCancellation(stopping).ConfigureAwait(false))
        {
            await act().ConfigureAwait(false);
        }
    }

    private async Task WatchTimeAsync(Func<Task> act, CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
        {
            await act().ConfigureAwait(false);
        }
    }
}
