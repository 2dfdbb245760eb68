using System.Collections.Concurrent;
using System.Diagnostics;
using CoDe.Flow;
using CoDe.Protocol.V1;

namespace CoDe.Gateway.Lanes;

/// <summary>
/// Runs submitted images through the pipeline of this silo and pushes what becomes of them to their origins. A request
/// is kept until its origin has acknowledged every image.
/// </summary>
internal sealed class Dispatch(
    GenerationPipeline pipeline, AdmissionQueue queue, StageOverlap overlap, BatchHistory history,
    ILocalSiloDetails silo, TimeProvider time)
{
    private const int MostPushes = 3;

    private static readonly TimeSpan PushPause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<Guid, DispatchedRequest> _requests = [];

    public Admission Submit(Submission submission)
    {
        var request = new DispatchedRequest(submission, isLocal: submission.Silo.Equals(silo.SiloAddress));
        if (!_requests.TryAdd(submission.Id, request))
        {
            return new Admission(0, null, TimeSpan.Zero);
        }

        try
        {
            var ahead = 0;
            pipeline.Submit(
                request.Items, submission.Deadline, waiting => ahead = waiting, submission.WasAccepted,
                submission.MostOfCaller);
            _ = DeliverAsync(request);
            return new Admission(ahead, null, TimeSpan.Zero);
        }
        catch (OverloadedException error)
        {
            _requests.TryRemove(submission.Id, out _);
            return new Admission(0, error.Reason, error.RetryAfter);
        }
    }

    public void Cancel(Guid request)
    {
        if (_requests.TryRemove(request, out var cancelled))
        {
            cancelled.Cancel();
        }
    }

    public Guid[] FindMissing(Guid[] requests) => [.. requests.Where(request => !_requests.ContainsKey(request))];

    public DispatcherState Read(HistoryPosition after)
        => new(silo.SiloAddress, queue.Waiting, overlap.Efficiency, history.Read(after));

    /// <summary>Stops all work and hands every request back to its origin.</summary>
    public async Task HandBackAsync(CancellationToken cancellation)
    {
        DispatchedRequest[] requests = [.. _requests.Values];
        foreach (var request in requests)
        {
            Cancel(request.Id);
        }

        var pushes = requests.Select(HandBackAsync);
        await Task.WhenAll(pushes).WaitAsync(cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Hands a request back once its origin has the drafts.</summary>
    private static async Task HandBackAsync(DispatchedRequest request)
    {
        await request.Pushes.FlushAsync().ConfigureAwait(false);
        await request.Origin.TakeBackAsync(request.Id).ConfigureAwait(false);
    }

    private async Task DeliverAsync(DispatchedRequest request)
    {
        await Task.WhenAll(request.Items.Select(item => DeliverAsync(request, item))).ConfigureAwait(false);
        _requests.TryRemove(KeyValuePair.Create(request.Id, request));
        request.Dispose();
    }

    private async Task DeliverAsync(DispatchedRequest request, WorkItem item)
    {
        try
        {
            var image = await item.Done.ConfigureAwait(false);
            await request.Pushes.FlushAsync().ConfigureAwait(false);
            await PushAsync(() => request.Origin.FinishAsync(request.Id, item.Position, image)).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The origin took the request back, or gets it back.
        }
        catch (Exception error)
        {
            var failure = Failure.Of(error);
            await PushAsync(() => request.Origin.FailAsync(request.Id, item.Position, failure)).ConfigureAwait(false);
        }
    }

    /// <summary>Pushes with retries. An origin that cannot be reached is gone, or finds its request missing.</summary>
    private async Task PushAsync(Func<Task> push)
    {
        for (var pushes = 1; ; pushes++)
        {
            try
            {
                await push().ConfigureAwait(false);
                return;
            }
            catch (Exception) when (pushes < MostPushes)
            {
                await Task.Delay(PushPause, time).ConfigureAwait(false);
            }
            catch (Exception)
            {
                return;
            }
        }
    }

    /// <summary>A request in progress, with a work item for each image.</summary>
    private sealed class DispatchedRequest : IDisposable
    {
        private readonly Lock _lock = new();
        private readonly CancellationTokenSource _cancellation = new();
        private readonly Submission _submission;
        private bool _isDone;

        public DispatchedRequest(Submission submission, bool isLocal)
        {
            _submission = submission;
            Pushes = new OriginPushes(submission.Origin, submission.Id);
            var template = ImageSpec.Parser.ParseFrom(submission.Template);
            ActivityContext.TryParse(submission.Trace, null, isRemote: true, out var trace);
            Items = [.. submission.Images.Select(image => new WorkItem(
                submission.Key, SpecOf(template, image), submission.Output, image.Position, submission.Priority,
                _cancellation.Token)
            {
                Caller = submission.Caller,
                Request = submission.Id,
                Trace = trace,
                Draft = image.Draft is null ? null : new OpaqueDraft(image.Draft),
                Tell = submission.WantsProgress ? Tell : null,
                Keep = isLocal ? null : Keep,
            })];
        }

        public Guid Id => _submission.Id;

        public Requests.IOrigin Origin => _submission.Origin;

        public OriginPushes Pushes { get; }

        public WorkItem[] Items { get; }

        public void Cancel()
        {
            lock (_lock)
            {
                if (!_isDone)
                {
                    _cancellation.Cancel();
                }
            }
        }

        public void Dispose()
        {
            lock (_lock)
            {
                _isDone = true;
                _cancellation.Dispose();
            }
        }

        private static ImageSpec SpecOf(ImageSpec template, SubmittedImage image) => new()
        {
            Label = image.Label,
            Seed = template.Seed,
            Index = image.Index,
            Sampling = template.Sampling,
            Keep = template.Keep,
        };

        private void Tell(WorkItemProgress progress)
            => Pushes.Add(new ImageNews(progress.Item.Position, progress.Scales, progress.Preview, null));

        private void Keep(WorkItem item, OpaqueDraft draft)
            => Pushes.Add(new ImageNews(item.Position, 0, null, draft.Bytes.ToArray()));
    }
}
