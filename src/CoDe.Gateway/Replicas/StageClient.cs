using System.Diagnostics;
using CoDe.Flow;
using CoDe.Gateway.Lanes;
using CoDe.Protocol;
using CoDe.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using ActivityNames = CoDe.Telemetry.ActivityNames;

namespace CoDe.Gateway.Replicas;

/// <summary>Calls of both stages on one replica: work items in, domain values out.</summary>
internal static class StageClient
{
    /// <exception cref="StageFaultException">The replica did not do it; another may.</exception>
    public static Task<IReadOnlyList<OpaqueDraft>> DraftAsync(
        Replica replica, IReadOnlyList<WorkItem> items, CancellationToken cancellation)
        => BatchAsync(ActivityNames.DraftBatch, replica, items, async () =>
        {
            var request = new DraftRequest
            {
                Model = items[0].Key.Model,
                Steps = (uint)items[0].Key.Steps,
                Progress = items.Any(item => item.WantsProgress),
            };
            request.Images.AddRange(items.Select(item => item.Spec));
            using var call = new Drafting.DraftingClient(replica.Channel)
                .Draft(request, cancellationToken: cancellation);
            await foreach (var answer in call.ResponseStream.ReadAllAsync(cancellation).ConfigureAwait(false))
            {
                if (answer.EventCase == DraftEvent.EventOneofCase.Drafts)
                {
                    return OnePerImage(answer.Drafts.Drafts_, items, draft => new OpaqueDraft(draft.Memory));
                }

                TellAll(items, (int)answer.ScalesDone);
            }

            throw NoAnswer(replica);
        }, cancellation);

    /// <exception cref="StageFaultException">The replica did not do it; another may.</exception>
    public static Task<IReadOnlyList<FinishedImage>> RefineAsync(
        Replica replica, IReadOnlyList<WorkItem> items,
        IReadOnlyList<OpaqueDraft> drafts, CancellationToken cancellation)
        => BatchAsync(ActivityNames.RefineBatch, replica, items, async () =>
        {
            var request = new RefineRequest
            {
                Model = items[0].Key.Model,
                Progress = items.Any(item => item.WantsProgress),
            };
            request.Images.AddRange(items.Zip(drafts, ToWire));
            using var call = new Refining.RefiningClient(replica.Channel)
                .Refine(request, cancellationToken: cancellation);
            await foreach (var answer in call.ResponseStream.ReadAllAsync(cancellation).ConfigureAwait(false))
            {
                switch (answer.EventCase)
                {
                    case RefineEvent.EventOneofCase.Refined:
                        return OnePerImage(answer.Refined.Images, items, FromWire);
                    case RefineEvent.EventOneofCase.Previews:
                        TellPreviews(items, answer.Previews);
                        break;
                    default:
                        TellAll(items, (int)answer.ScalesDone);
                        break;
                }
            }

            throw NoAnswer(replica);
        }, cancellation);

    /// <summary>Encodes an image to its feature map after each scale.</summary>
    /// <exception cref="StageFaultException">The replica did not do it; another may.</exception>
    public static Task<IReadOnlyList<Flow.FeatureMap>> EncodeAsync(
        Replica replica, string model, Flow.Image image, CancellationToken cancellation)
        => CallAsync<IReadOnlyList<Flow.FeatureMap>>(async () =>
        {
            var request = new EncodeRequest { Model = model, Image = image.ToWire() };
            var client = new Refining.RefiningClient(replica.Channel);
            var response = await client.EncodeAsync(request, cancellationToken: cancellation).ConfigureAwait(false);
            return [.. response.Features.Select(FlowMapping.FromWire)];
        }, cancellation);

    /// <exception cref="StageFaultException">The replica did not answer in time.</exception>
    public static Task<StageStatus> DrafterStatusAsync(
        Replica replica, DateTime deadline, CancellationToken cancellation)
    {
        var client = new Drafting.DraftingClient(replica.Channel);
        return CallAsync(() => client.StatusAsync(new(), null, deadline, cancellation).ResponseAsync, cancellation);
    }

    /// <exception cref="StageFaultException">The replica did not answer in time.</exception>
    public static Task<StageStatus> RefinerStatusAsync(
        Replica replica, DateTime deadline, CancellationToken cancellation)
    {
        var client = new Refining.RefiningClient(replica.Channel);
        return CallAsync(() => client.StatusAsync(new(), null, deadline, cancellation).ResponseAsync, cancellation);
    }

    /// <summary>Makes a call for a batch, under an activity of its own.</summary>
    private static async Task<T> BatchAsync<T>(
        string name, Replica replica, IReadOnlyList<WorkItem> items, Func<Task<T>> call, CancellationToken cancellation)
    {
        using var activity = BatchActivity.Start(name, replica, items);
        try
        {
            return await CallAsync(call, cancellation).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            activity?.SetStatus(ActivityStatusCode.Error, error.Message);
            throw;
        }
    }

    private static async Task<T> CallAsync<T>(Func<Task<T>> call, CancellationToken cancellation)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (RpcException error)
        {
            throw cancellation.IsCancellationRequested
                ? new OperationCanceledException(cancellation)
                : StatusMapping.ExceptionOf(error);
        }
    }

    private static RefineImage ToWire(WorkItem item, OpaqueDraft draft) => new()
    {
        Spec = item.Spec,
        Draft = UnsafeByteOperations.UnsafeWrap(draft.Bytes),
        Format = (ImageFormat)item.Output.Format,
        TokenMaps = item.Output.TokenMaps,
        Preview = item.WantsProgress,
    };

    private static FinishedImage FromWire(RefinedImage image)
        => new(image.Image.ToPicture(), [.. image.TokenMaps.Select(FlowMapping.FromWire)]);

    private static void TellPreviews(IReadOnlyList<WorkItem> items, Previews previews)
    {
        foreach (var preview in previews.Previews_.Where(preview => preview.Position < items.Count))
        {
            var item = items[(int)preview.Position];
            item.Report(item.Key.Steps, preview.Image.ToPicture());
        }
    }

    private static void TellAll(IReadOnlyList<WorkItem> items, int scales)
    {
        foreach (var item in items)
        {
            item.Report(scales);
        }
    }

    private static IReadOnlyList<T> OnePerImage<TWire, T>(
        IReadOnlyCollection<TWire> answers, IReadOnlyList<WorkItem> items, Func<TWire, T> map)
        => answers.Count == items.Count
            ? [.. answers.Select(map)]
            : throw new StageFaultException(StageFault.Failed, $"{answers.Count} answers for {items.Count} images");

    private static StageFaultException NoAnswer(Replica replica)
        => new(StageFault.Failed, $"{replica.Address} ended without an answer");
}
