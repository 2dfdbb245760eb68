using CoDe.Gateway.Lanes;

namespace CoDe.Gateway.Requests;

/// <summary>The gateway that a request came from, as the dispatcher sees it.</summary>
internal interface IOrigin : IGrainObserver
{
    /// <summary>Tells progress, and gives drafts to keep for the case that this dispatcher is lost.</summary>
    [ResponseTimeout("00:00:02")]
    Task TellAsync(Guid request, ImageNews[] news);

    [ResponseTimeout("00:00:05")]
    Task FinishAsync(Guid request, int position, FinishedImage image);

    [ResponseTimeout("00:00:05")]
    Task FailAsync(Guid request, int position, Failure failure);

    /// <summary>Hands a request back: this dispatcher goes away and does not finish it.</summary>
    [ResponseTimeout("00:00:02")]
    Task TakeBackAsync(Guid request);
}
