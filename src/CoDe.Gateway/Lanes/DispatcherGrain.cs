using Orleans.Concurrency;
using Orleans.Placement;

namespace CoDe.Gateway.Lanes;

/// <summary>Activates the dispatch of this silo for the cluster.</summary>
[Reentrant, PreferLocalPlacement, CollectionAgeLimit(AlwaysActive = true)]
internal sealed class DispatcherGrain(Dispatch dispatch, ILogger<DispatcherGrain> logger) : Grain, IDispatcher
{
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        logger.Dispatches();
        return Task.CompletedTask;
    }

    public Task<Admission> SubmitAsync(Submission submission) => Task.FromResult(dispatch.Submit(submission));

    public Task CancelAsync(Guid request)
    {
        dispatch.Cancel(request);
        return Task.CompletedTask;
    }

    public Task<Guid[]> FindMissingAsync(Guid[] requests) => Task.FromResult(dispatch.FindMissing(requests));

    public Task<DispatcherState> ReadAsync(HistoryPosition after) => Task.FromResult(dispatch.Read(after));

    /// <summary>Hands what is in progress back, so that another silo goes on with it at once.</summary>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
        => dispatch.HandBackAsync(cancellationToken);
}
