using System.ComponentModel;
using System.Diagnostics;
using CoDe.Flow;
using CoDe.Protocol.V1;
using TokenMap = CoDe.Flow.TokenMap;

namespace CoDe.Gateway.Lanes;

/// <summary>Parts of a finished image that its client asked for.</summary>
/// <param name="TokenMaps">Whether the tokens of all scales are wanted.</param>
[GenerateSerializer, Immutable]
internal readonly record struct ImageOutput(
    [property: Id(0)] PictureFormat Format, [property: Id(1)] bool TokenMaps);

/// <summary>Progress of an image.</summary>
/// <param name="Preview">The decoded draft; null where a scale is done.</param>
internal readonly record struct WorkItemProgress(WorkItem Item, int Scales, Picture? Preview);

/// <summary>An image that is done.</summary>
/// <param name="TokenMaps">Token maps of all scales, where wanted; else empty.</param>
[GenerateSerializer, Immutable, ImmutableObject(true)]
internal sealed record FinishedImage(
    [property: Id(0)] Picture Picture, [property: Id(1)] IReadOnlyList<TokenMap> TokenMaps);

/// <summary>A draft as its drafter sent it, kept for refiners and never decoded here.</summary>
internal readonly record struct OpaqueDraft(ReadOnlyMemory<byte> Bytes);

/// <summary>One image on its way from label to picture.</summary>
/// <param name="position">In its request, from 0.</param>
/// <param name="priority">Lower values run first.</param>
/// <param name="cancellation">Ends when the client is gone or the deadline has passed.</param>
internal sealed class WorkItem(
    BatchKey key, ImageSpec spec, ImageOutput output, int position, int priority, CancellationToken cancellation)
{
    private readonly TaskCompletionSource<FinishedImage> _done = new(
        TaskCreationOptions.RunContinuationsAsynchronously);

    public BatchKey Key => key;

    public ImageSpec Spec => spec;

    public ImageOutput Output => output;

    public int Position => position;

    public int Priority => priority;

    /// <summary>Receives progress; null where none is wanted.</summary>
    public Action<WorkItemProgress>? Tell { get; init; }

    /// <summary>Name of the caller, who takes turns with others.</summary>
    public string Caller { get; init; } = "";

    /// <summary>Identifies the request, which takes turns with others of its caller.</summary>
    public Guid Request { get; init; }

    public bool WantsProgress => Tell is not null;

    /// <summary>The draft of an earlier dispatcher, which was lost after drafting; else null.</summary>
    public OpaqueDraft? Draft { get; init; }

    /// <summary>Receives the draft once it is made; null where nobody keeps it.</summary>
    public Action<WorkItem, OpaqueDraft>? Keep { get; init; }

    /// <summary>True once the batch delay is over for this image, so that it no longer waits for others.</summary>
    public bool HasWaited { get; set; }

    /// <summary>Timestamp of the admission.</summary>
    public long Admitted { get; set; }

    /// <summary>The trace of the request; batches are formed in flows of other requests.</summary>
    public ActivityContext Trace { get; init; }

    public CancellationToken Cancellation => cancellation;

    public Task<FinishedImage> Done => _done.Task;

    public void Report(int scales, Picture? preview = null)
        => Tell?.Invoke(new WorkItemProgress(this, scales, preview));

    public void Finish(FinishedImage image) => _done.TrySetResult(image);

    public void Fail(Exception error) => _done.TrySetException(error);
}
