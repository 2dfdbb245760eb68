using CoDe.Flow;

namespace CoDe.Gateway.Requests;

/// <summary>
/// Ends requests whose client has set no deadline, as none can over HTTP: with a stage lost for good they would wait
/// for ever.
/// </summary>
/// <param name="longest">Time that such a request may take; zero for any.</param>
internal sealed class DefaultDeadline(TimeSpan longest, TimeProvider time)
{
    /// <summary>Answers a caller, whose request is cancelled where the answer fails.</summary>
    /// <exception cref="DeadlineException">It took too long.</exception>
    public async Task<T> RunAsync<T>(Caller caller, Func<Caller, Task<T>> answer)
    {
        if (longest == TimeSpan.Zero || caller.Deadline != DateTime.MaxValue)
        {
            return await answer(caller);
        }

        using var late = new CancellationTokenSource(longest, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(caller.Cancellation, late.Token);
        var deadline = time.GetUtcNow().UtcDateTime + longest;
        try
        {
            return await answer(caller with { Deadline = deadline, Cancellation = end.Token });
        }
        catch (Exception error)
        {
            // What is left of the request would use the token after it is disposed of.
            var isLate = late.IsCancellationRequested && !caller.Cancellation.IsCancellationRequested;
            await end.CancelAsync();
            if (isLate && error is OperationCanceledException)
            {
                throw new DeadlineException(FormattableString.Invariant(
                    $"The request was not done within {longest.TotalSeconds} s, the most for one without a deadline."));
            }

            throw;
        }
    }
}
