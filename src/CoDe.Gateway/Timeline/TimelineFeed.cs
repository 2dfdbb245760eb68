using CoDe.Flow;
using CoDe.Gateway.Lanes;
using CoDe.Protocol.V1;

namespace CoDe.Gateway.Timeline;

/// <summary>
/// Tells what the devices do. Each reader asks the dispatcher of the cluster for what is new, so any gateway tells the
/// same and nothing is kept for a reader.
/// </summary>
internal sealed class TimelineFeed(
    IGrainFactory grains, TimelineStates states, TimeProvider time, IHostApplicationLifetime lifetime)
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    /// <summary>Tells the state, then the batches that ended, until the reader leaves.</summary>
    /// <exception cref="NotReadyException">This gateway ends; another can be asked.</exception>
    public async Task RunAsync(Action<TimelineEvent> tell, CancellationToken cancellation)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation, lifetime.ApplicationStopping);
        using var timer = new PeriodicTimer(Period, time);
        var position = default(HistoryPosition);
        try
        {
            do
            {
                position = await TellNewAsync(position, tell).ConfigureAwait(false);
            }
            while (await timer.WaitForNextTickAsync(end.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new NotReadyException("The service is shutting down.");
        }
    }

    /// <returns>The position from which to go on: the same while the dispatcher cannot be reached.</returns>
    private async Task<HistoryPosition> TellNewAsync(HistoryPosition position, Action<TimelineEvent> tell)
    {
        try
        {
            var state = await grains.GetGrain<IDispatcher>(0).ReadAsync(position).ConfigureAwait(false);
            tell(new TimelineEvent { State = states.Of(state) });
            foreach (var batch in state.Batches.Done)
            {
                tell(new TimelineEvent { Batch = TimelineStates.ToWire(batch) });
            }

            return state.Batches.Position;
        }
        catch (Exception error) when (error is OrleansException or TimeoutException)
        {
            return position;
        }
    }
}
