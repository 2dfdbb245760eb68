using System.Diagnostics;
using CoDe.Flow;
using CoDe.Gateway.Lanes;
using CoDe.Protocol;
using Google.Protobuf;

namespace CoDe.Gateway.Requests;

/// <summary>
/// A request of this gateway until each of its images is finished. It keeps the drafts, so that it can be submitted
/// again without drafting twice.
/// </summary>
/// <param name="tell">Receives progress, after the request was accepted; null where none is wanted.</param>
internal sealed class PendingRequest(ReadRequest read, int priority, Action<ImageProgress>? tell, Caller caller)
{
    private readonly Lock _lock = new();
    private readonly string? _trace = Activity.Current?.Id;
    private readonly PendingImage[] _images = [.. read.Images.Select(_ => new PendingImage())];
    private readonly byte[] _template = TemplateOf(read);
    private readonly List<ImageProgress> _early = [];
    private bool _isAccepted;

    public Guid Id { get; } = Guid.NewGuid();

    public Caller Caller => caller;

    /// <summary>The finished images in their order.</summary>
    public IReadOnlyList<Task<FinishedImage>> Images => [.. _images.Select(image => image.Finished.Task)];

    public bool IsDone => Array.TrueForAll(_images, image => image.Finished.Task.IsCompleted);

    /// <summary>Creates a submission of the images that are not finished.</summary>
    public Submission ToSubmission(IOrigin origin, SiloAddress silo)
    {
        lock (_lock)
        {
            var images = read.Images
                .Select((image, position) => (Request: image, Position: position, Pending: _images[position]))
                .Where(image => !image.Pending.Finished.Task.IsCompleted)
                .Select(image => new SubmittedImage(
                    image.Position, (uint)image.Request.Label, image.Request.Index, image.Pending.Draft));
            return new Submission(
                Id, origin, silo, new BatchKey(read.Model.Name, read.Steps), _template, [.. images], read.Output,
                priority, caller.Deadline, tell is not null, _trace, caller.Name, _isAccepted,
                caller.Identity?.Limits.ImagesQueued ?? 0);
        }
    }

    /// <summary>Tells that the request was accepted, and then the progress that came before.</summary>
    public void Accept(Action accepted)
    {
        lock (_lock)
        {
            if (_isAccepted)
            {
                return;
            }

            accepted();
            _early.ForEach(progress => tell?.Invoke(progress));
            _early.Clear();
            _isAccepted = true;
        }
    }

    /// <summary>Tells progress once the request is accepted, or keeps a draft.</summary>
    public void Tell(ImageNews news)
    {
        lock (_lock)
        {
            var progress = new ImageProgress(news.Position, news.Scales, news.Preview);
            if (news.Draft is not null)
            {
                _images[news.Position].Draft = news.Draft;
            }
            else if (_isAccepted)
            {
                tell?.Invoke(progress);
            }
            else
            {
                _early.Add(progress);
            }
        }
    }

    /// <summary>Takes the first result of an image; a later one is equal.</summary>
    public void Finish(int position, FinishedImage image) => _images[position].Finished.TrySetResult(image);

    public void Fail(int position, Exception error) => _images[position].Finished.TrySetException(error);

    public void FailAll(Exception error) => Array.ForEach(_images, image => image.Finished.TrySetException(error));

    private static byte[] TemplateOf(ReadRequest read)
        => (read.Images[0] with { Label = 0, Index = 0 }).ToWire().ToByteArray();

    private sealed class PendingImage
    {
        public TaskCompletionSource<FinishedImage> Finished { get; } = new(
            TaskCreationOptions.RunContinuationsAsynchronously);

        public byte[]? Draft { get; set; }
    }
}

/// <summary>Progress of an image of a request.</summary>
/// <param name="Preview">The decoded draft; null where a scale is done.</param>
internal readonly record struct ImageProgress(int Position, int Scales, Picture? Preview);
