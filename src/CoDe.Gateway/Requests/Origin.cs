using System.Collections.Concurrent;
using CoDe.Flow;
using CoDe.Gateway.Cluster;
using CoDe.Gateway.Lanes;
using CoDe.Hosting.Lifecycle;

namespace CoDe.Gateway.Requests;

/// <summary>
/// Owns the requests of this gateway. It submits them to the dispatcher and, where the dispatcher is lost or goes away,
/// submits the unfinished images again with the drafts that it kept.
/// </summary>
internal sealed class Origin(
    IGrainFactory grains, ILocalSiloDetails silo, ClusterWatch watch, TimeProvider time,
    ILogger<Origin> logger) : BackgroundService, IOrigin, ILoading
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<Guid, PendingRequest> _requests = [];
    private IOrigin? _reference;

    private IDispatcher Dispatcher => grains.GetGrain<IDispatcher>(0);

    private IOrigin Reference => _reference ??= grains.CreateObjectReference<IOrigin>(this);

    /// <summary>Finds the dispatcher, or becomes it, before the first request comes.</summary>
    public async Task LoadAsync(CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                await Dispatcher.FindMissingAsync([]).ConfigureAwait(false);
                return;
            }
            catch (Exception error) when (IsTransient(error))
            {
                logger.DispatcherUnreachable(error.Message);
                await Task.Delay(RetryPause, time, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Submits a request; its images finish on their own.</summary>
    /// <param name="accepted">Is told the images that wait before these, before any progress.</param>
    /// <exception cref="OverloadedException">The dispatcher does not accept it.</exception>
    public async Task SubmitAsync(PendingRequest request, Action<int>? accepted = null)
    {
        _requests[request.Id] = request;
        _ = ForgetWhenDoneAsync(request);
        try
        {
            var ahead = await SubmitUntilAnsweredAsync(request).ConfigureAwait(false);
            request.Accept(() => accepted?.Invoke(ahead));
        }
        catch (Exception error)
        {
            request.FailAll(error);
            throw;
        }
    }

    public Task TellAsync(Guid request, ImageNews[] news)
        => With(request, pending => Array.ForEach(news, pending.Tell));

    public Task FinishAsync(Guid request, int position, FinishedImage image)
        => With(request, pending => pending.Finish(position, image));

    public Task FailAsync(Guid request, int position, Failure failure)
        => With(request, pending => pending.Fail(position, failure.ToException()));

    public Task TakeBackAsync(Guid request) => With(request, pending => _ = SubmitAgainAsync(pending));

    /// <summary>Looks for lost requests when the cluster changes, and from time to time.</summary>
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
        => watch.RunAsync(CheckAsync, stoppingToken);

    private static bool IsTransient(Exception error) => error
        is OrleansException or TimeoutException or OperationCanceledException;

    /// <summary>Submits lost requests again. Any error is logged, since the next check may succeed.</summary>
    private async Task CheckAsync()
    {
        PendingRequest[] pending = [.. _requests.Values.Where(request => !request.IsDone)];
        if (pending.Length == 0)
        {
            return;
        }

        try
        {
            var missing = await Dispatcher.FindMissingAsync([.. pending.Select(request => request.Id)])
                .ConfigureAwait(false);
            await Task.WhenAll(pending.IntersectBy(missing, request => request.Id).Select(SubmitAgainAsync))
                .ConfigureAwait(false);
        }
        catch (Exception error)
        {
            logger.DispatcherUnreachable(error.Message);
        }
    }

    private async Task SubmitAgainAsync(PendingRequest request)
    {
        try
        {
            await SubmitUntilAnsweredAsync(request).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            request.FailAll(error);
        }
    }

    /// <summary>Submits until the dispatcher answers, however often it is lost, or the caller leaves.</summary>
    /// <returns>Images that wait before these.</returns>
    /// <exception cref="OverloadedException">The dispatcher does not accept the request.</exception>
    private async Task<int> SubmitUntilAnsweredAsync(PendingRequest request)
    {
        while (true)
        {
            try
            {
                var submission = request.ToSubmission(Reference, silo.SiloAddress);
                if (submission.Images.Length == 0)
                {
                    // Finished since it was found missing.
                    return 0;
                }

                var admission = await Dispatcher.SubmitAsync(submission).ConfigureAwait(false);
                return admission.Refusal is { } reason
                    ? throw new OverloadedException(reason) { RetryAfter = admission.RetryAfter }
                    : admission.Ahead;
            }
            catch (Exception error) when (IsTransient(error))
            {
                request.Caller.Cancellation.ThrowIfCancellationRequested();
                logger.DispatcherUnreachable(error.Message);
                await Task.Delay(RetryPause, time, request.Caller.Cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task ForgetWhenDoneAsync(PendingRequest request)
    {
        using var leaves = request.Caller.Cancellation.UnsafeRegister(_ => Leave(request), null);
        await ((Task)Task.WhenAll(request.Images)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _requests.TryRemove(request.Id, out _);
    }

    private void Leave(PendingRequest request)
    {
        request.FailAll(new OperationCanceledException(request.Caller.Cancellation));
        Dispatcher.CancelAsync(request.Id).Ignore();
    }

    private Task With(Guid request, Action<PendingRequest> act)
    {
        if (_requests.TryGetValue(request, out var pending))
        {
            act(pending);
        }

        return Task.CompletedTask;
    }
}
