using CoDe.Flow;
using CoDe.Gateway.Requests;
using CoDe.Protocol.V1;

namespace CoDe.Gateway.Lanes;

/// <summary>Images of one request on their way to the dispatcher.</summary>
/// <param name="Id">Identifies the request; a second submission has no effect while the first is in progress.</param>
/// <param name="Template">A serialized <see cref="ImageSpec"/> without label and index, which all images share.</param>
/// <param name="Silo">The silo of the origin.</param>
/// <param name="Caller">Callers take turns within a priority.</param>
/// <param name="MostOfCaller">The most images of the caller that wait; 0 for any number.</param>
/// <param name="Deadline">UTC.</param>
/// <param name="Trace">The <c>traceparent</c> of the request; null where none is recorded.</param>
/// <param name="WasAccepted">
/// True where an earlier dispatcher accepted the request. It is not refused any more, however full the queue is.
/// </param>
[GenerateSerializer, Immutable]
internal sealed record Submission(
    [property: Id(0)] Guid Id,
    [property: Id(1)] IOrigin Origin,
    [property: Id(2)] SiloAddress Silo,
    [property: Id(3)] BatchKey Key,
    [property: Id(4)] byte[] Template,
    [property: Id(5)] SubmittedImage[] Images,
    [property: Id(6)] ImageOutput Output,
    [property: Id(7)] int Priority,
    [property: Id(8)] DateTime Deadline,
    [property: Id(9)] bool WantsProgress,
    [property: Id(10)] string? Trace,
    [property: Id(11)] string Caller,
    [property: Id(12)] bool WasAccepted,
    [property: Id(13)] int MostOfCaller);

/// <param name="Position">In its request, from 0.</param>
/// <param name="Draft">The draft of an earlier submission, which is not drafted again; else null.</param>
[GenerateSerializer, Immutable]
internal readonly record struct SubmittedImage(
    [property: Id(0)] int Position, [property: Id(1)] uint Label, [property: Id(2)] uint Index,
    [property: Id(3)] byte[]? Draft);

/// <summary>The dispatcher's answer to a submission.</summary>
/// <param name="Ahead">Images that wait before these.</param>
/// <param name="Refusal">Reason for which the submission was not accepted; null where it was.</param>
/// <param name="RetryAfter">Time after which a refused request may be accepted.</param>
[GenerateSerializer, Immutable]
internal sealed record Admission(
    [property: Id(0)] int Ahead, [property: Id(1)] string? Refusal, [property: Id(2)] TimeSpan RetryAfter);

/// <summary>Progress of an image, or its draft.</summary>
/// <param name="Preview">The decoded draft; null where a scale is done.</param>
/// <param name="Draft">A draft for the origin to keep; null for progress.</param>
[GenerateSerializer, Immutable]
internal readonly record struct ImageNews(
    [property: Id(0)] int Position, [property: Id(1)] int Scales, [property: Id(2)] Picture? Preview,
    [property: Id(3)] byte[]? Draft);
