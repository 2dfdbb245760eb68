using Orleans.Concurrency;

namespace CoDe.Gateway.Lanes;

/// <summary>
/// The dispatcher of the cluster: one activation owns the queue, forms the batches and gives them to the replicas. Its
/// calls are short; results are pushed to the origin of a request.
/// </summary>
internal interface IDispatcher : IGrainWithIntegerKey
{
    /// <summary>Takes images on, all of a request or none.</summary>
    [ResponseTimeout("00:00:05")]
    Task<Admission> SubmitAsync(Submission submission);

    /// <summary>Takes a request back; nothing is pushed for it any more.</summary>
    [OneWay]
    Task CancelAsync(Guid request);

    /// <summary>Finds the requests that are not in progress here, which their origin has to submit again.</summary>
    [ResponseTimeout("00:00:02")]
    Task<Guid[]> FindMissingAsync(Guid[] requests);

    /// <summary>Reads the queue and the batches that ended after a position.</summary>
    [ResponseTimeout("00:00:02")]
    Task<DispatcherState> ReadAsync(HistoryPosition after);
}
