using CoDe.Flow;

namespace CoDe.Gateway.Admission;

/// <summary>Images of one kind can be decoded together.</summary>
/// <param name="Steps">N; 0 where it does not matter.</param>
internal readonly record struct BatchKey(string Model, int Steps);

/// <summary>What is told of an image on its way.</summary>
/// <param name="Preview">What the draft looks like; null where only a scale is done.</param>
internal readonly record struct JobProgress(ImageJob Job, int Scales, Image? Preview);

/// <summary>An image that is done.</summary>
internal sealed record FinishedImage(Image Image, Draft Draft);

/// <summary>One image on its way from label to pixels.</summary>
internal sealed class ImageJob(BatchKey key, ImageRequest request, int position, int priority, Action<JobProgress>? tell, CancellationToken cancellation)
{
    private readonly TaskCompletionSource<FinishedImage> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public BatchKey Key => key;

    public ImageRequest Request => request;

    /// <summary>In its request, from 0.</summary>
    public int Position => position;

    /// <summary>The lower the sooner.</summary>
    public int Priority => priority;

    public bool WantsProgress => tell is not null;

    /// <summary>Whether it waited for others of its kind as long as it should, and is drafted in whatever company.</summary>
    public bool HasWaited { get; set; }

    /// <summary>Ends when the client is gone or the deadline has passed.</summary>
    public CancellationToken Cancellation => cancellation;

    public Task<FinishedImage> Done => _done.Task;

    public void Tell(int scales, Image? preview = null) => tell?.Invoke(new JobProgress(this, scales, preview));

    public void Finish(FinishedImage image) => _done.TrySetResult(image);

    public void Fail(Exception error) => _done.TrySetException(error);
}
