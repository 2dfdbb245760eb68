using CoDe.Flow;
using CoDe.Gateway.Replicas;
using CoDe.Telemetry;

namespace CoDe.Gateway.Lanes;

/// <summary>
/// Has the replicas of one stage do batches. A batch goes to another replica where one fails, is lost or hangs.
/// </summary>
/// <param name="begin">Called when a replica begins a batch.</param>
/// <param name="end">Called when a replica ends a batch, in whichever way.</param>
internal sealed class StageCalls(
    ReplicaPool pool, BatchTimes times, BatchHistory history, Action begin, Action end, TimeProvider time,
    ILogger logger)
{
    /// <summary>Failures after which a batch itself is taken to be the cause; lost replicas do not count.</summary>
    private const int MostFaults = 4;

    private static readonly TimeSpan BusyPause = TimeSpan.FromMilliseconds(20);

    /// <summary>Runs a batch while any of its clients wait.</summary>
    /// <param name="first">Replica that was acquired for it; null to acquire one.</param>
    /// <param name="images">Images of the batch.</param>
    /// <returns>The result, and whether the first replica gave it.</returns>
    /// <exception cref="StageFaultException">Several replicas failed.</exception>
    public async Task<(T Result, bool IsFirstTry)> RunAsync<T>(
        Replica? first, BatchKey key, int images, Func<Replica, CancellationToken, Task<T>> call,
        CancellationToken cancellation)
    {
        var failed = new HashSet<Replica>();
        for (var faults = 0; ; first = null)
        {
            var replica = first ?? await pool.AcquireAsync(key, failed, cancellation).ConfigureAwait(false);
            try
            {
                var result = await CallAsync(replica, key, images, call, cancellation).ConfigureAwait(false);
                return (result, failed.Count == 0);
            }
            catch (StageFaultException error) when (!cancellation.IsCancellationRequested)
            {
                logger.BatchFailed(pool.Stage, replica.Address, images, error.Message);
                failed.Add(replica);
                if (error.Fault == StageFault.Lost)
                {
                    pool.Eject(replica);
                }
                else if (error.Fault == StageFault.Failed && ++faults >= MostFaults)
                {
                    throw;
                }
            }
            finally
            {
                pool.Release(replica);
            }

            await Task.Delay(BusyPause, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Makes a call that ends at its deadline, or when the replica has missed several probes.</summary>
    private async Task<T> CallAsync<T>(
        Replica replica, BatchKey key, int images, Func<Replica, CancellationToken, Task<T>> call,
        CancellationToken cancellation)
    {
        var allowed = times.DeadlineFor(pool.Stage, key, images);
        var hung = replica.Hung;
        using var deadline = new CancellationTokenSource(allowed, time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(cancellation, hung, deadline.Token);
        var started = time.GetTimestamp();
        begin();
        var ended = history.Begin(pool.Stage, replica.Address, key, images);
        var outcome = OutcomeNames.Failed;
        try
        {
            var result = await call(replica, any.Token).ConfigureAwait(false);
            times.Record(pool.Stage, key, images, time.GetElapsedTime(started));
            outcome = OutcomeNames.Done;
            return result;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new StageFaultException(StageFault.Lost, hung.IsCancellationRequested
                ? "it hangs: it does not answer probes"
                : FormattableString.Invariant($"it hangs: no answer within {allowed.TotalSeconds:F1} s"));
        }
        finally
        {
            ended(cancellation.IsCancellationRequested ? OutcomeNames.Cancelled : outcome);
            end();
        }
    }
}
