using System.Diagnostics;
using CoDe.Flow;

namespace CoDe.Gateway.Lanes;

/// <summary>Parts of a finished image that its client asked for.</summary>
/// <param name="TokenMaps">Whether the tokens of all scales are wanted.</param>
internal readonly record struct ImageOutput(PictureFormat Format, bool TokenMaps);

/// <summary>Progress of an image.</summary>
/// <param name="Preview">The decoded draft; null where a scale is done.</param>
internal readonly record struct JobProgress(ImageJob Job, int Scales, Picture? Preview);

/// <summary>An image that is done.</summary>
/// <param name="TokenMaps">Token maps of all scales, where wanted; else empty.</param>
internal sealed record FinishedImage(Picture Picture, IReadOnlyList<TokenMap> TokenMaps);

/// <summary>A draft as its drafter sent it, kept for refiners and never decoded here.</summary>
internal readonly record struct OpaqueDraft(ReadOnlyMemory<byte> Bytes);

/// <summary>One image on its way from label to picture.</summary>
/// <param name="position">In its request, from 0.</param>
/// <param name="priority">Lower values run first.</param>
/// <param name="tell">Receives progress; null where none is wanted.</param>
/// <param name="cancellation">Ends when the client is gone or the deadline has passed.</param>
internal sealed class ImageJob(
    BatchKey key, ImageRequest request, ImageOutput output, int position, int priority, Action<JobProgress>? tell,
    CancellationToken cancellation)
{
    private readonly TaskCompletionSource<FinishedImage> _done = new(
        TaskCreationOptions.RunContinuationsAsynchronously);

    public BatchKey Key => key;

    public ImageRequest Request => request;

    public ImageOutput Output => output;

    public int Position => position;

    public int Priority => priority;

    public bool WantsProgress => tell is not null;

    /// <summary>True once the batch delay is over for this image, so that it no longer waits for others.</summary>
    public bool HasWaited { get; set; }

    /// <summary>Timestamp of the admission.</summary>
    public long Admitted { get; set; }

    /// <summary>The trace of the request; batches are formed in flows of other requests.</summary>
    public ActivityContext Trace { get; } = Activity.Current?.Context ?? default;

    public CancellationToken Cancellation => cancellation;

    public Task<FinishedImage> Done => _done.Task;

    public void Tell(int scales, Picture? preview = null) => tell?.Invoke(new JobProgress(this, scales, preview));

    public void Finish(FinishedImage image) => _done.TrySetResult(image);

    public void Fail(Exception error) => _done.TrySetException(error);
}
