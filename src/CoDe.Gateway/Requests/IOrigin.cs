using CoDe.Flow;
using CoDe.Gateway.Lanes;
using Orleans.Concurrency;

namespace CoDe.Gateway.Requests;

/// <summary>The gateway that a request came from, as the dispatcher sees it.</summary>
internal interface IOrigin : IGrainObserver
{
    [OneWay]
    Task TellAsync(Guid request, int position, int scales, Picture? preview);

    /// <summary>Gives the origin a draft to keep, for the case that this dispatcher is lost.</summary>
    [OneWay]
    Task KeepAsync(Guid request, int position, byte[] draft);

    [ResponseTimeout("00:00:05")]
    Task FinishAsync(Guid request, int position, FinishedImage image);

    [ResponseTimeout("00:00:05")]
    Task FailAsync(Guid request, int position, Failure failure);

    /// <summary>Hands a request back: this dispatcher goes away and does not finish it.</summary>
    [ResponseTimeout("00:00:02")]
    Task TakeBackAsync(Guid request);
}
