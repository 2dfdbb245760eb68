using CoDe.Gateway.Admission;
using CoDe.Gateway.Replicas;
using CoDe.Protocol;
using CoDe.Protocol.V1;
using Grpc.Core;

namespace CoDe.Gateway.Pipeline;

/// <summary>A batch through a stage on one replica: jobs in, domain values out.</summary>
internal static class StageCalls
{
    public static async Task<IReadOnlyList<Flow.Draft>> DraftAsync(Replica replica, IReadOnlyList<ImageJob> jobs, CancellationToken cancellation)
    {
        var request = new DraftRequest { Model = jobs[0].Key.Model, Steps = (uint)jobs[0].Key.Steps, Progress = jobs.Any(job => job.WantsProgress) };
        request.Images.AddRange(jobs.Select(job => job.Request.ToWire()));
        using var call = new Drafting.DraftingClient(replica.Channel).Draft(request, cancellationToken: cancellation);
        await foreach (var answer in call.ResponseStream.ReadAllAsync(cancellation).ConfigureAwait(false))
        {
            if (answer.EventCase == DraftEvent.EventOneofCase.Drafts)
            {
                return One(answer.Drafts.Drafts_, jobs, FlowMapping.FromWire);
            }

            TellAll(jobs, (int)answer.ScalesDone);
        }

        throw Broken(replica);
    }

    public static async Task<IReadOnlyList<FinishedImage>> RefineAsync(Replica replica, IReadOnlyList<ImageJob> jobs, IReadOnlyList<Flow.Draft> drafts, CancellationToken cancellation)
    {
        var told = jobs.Any(job => job.WantsProgress);
        var request = new RefineRequest { Model = jobs[0].Key.Model, Progress = told, Preview = told };
        request.Images.AddRange(jobs.Select(job => job.Request.ToWire()));
        request.Drafts.AddRange(drafts.Select(FlowMapping.ToWire));
        using var call = new Refining.RefiningClient(replica.Channel).Refine(request, cancellationToken: cancellation);
        await foreach (var answer in call.ResponseStream.ReadAllAsync(cancellation).ConfigureAwait(false))
        {
            switch (answer.EventCase)
            {
                case RefineEvent.EventOneofCase.Refined:
                    var images = One(answer.Refined.Images, jobs, FlowMapping.FromWire);
                    return [.. images.Zip(One(answer.Refined.Drafts, jobs, FlowMapping.FromWire), (image, draft) => new FinishedImage(image, draft))];
                case RefineEvent.EventOneofCase.Preview:
                    foreach (var (job, preview) in jobs.Zip(One(answer.Preview.Images_, jobs, FlowMapping.FromWire)))
                    {
                        job.Tell(job.Key.Steps, preview);
                    }

                    break;
                default:
                    TellAll(jobs, (int)answer.ScalesDone);
                    break;
            }
        }

        throw Broken(replica);
    }

    public static async Task<IReadOnlyList<Flow.FeatureMap>> EncodeAsync(Replica replica, string model, Flow.Image image, CancellationToken cancellation)
    {
        var request = new EncodeRequest { Model = model, Image = image.ToWire() };
        var response = await new Refining.RefiningClient(replica.Channel).EncodeAsync(request, cancellationToken: cancellation).ConfigureAwait(false);
        return [.. response.Features.Select(FlowMapping.FromWire)];
    }

    private static void TellAll(IReadOnlyList<ImageJob> jobs, int scales)
    {
        foreach (var job in jobs)
        {
            job.Tell(scales);
        }
    }

    private static T[] One<TWire, T>(IReadOnlyCollection<TWire> answers, IReadOnlyList<ImageJob> jobs, Func<TWire, T> map)
        => answers.Count == jobs.Count ? [.. answers.Select(map)] : throw new RpcException(new Status(StatusCode.Internal, $"{answers.Count} answers for {jobs.Count} images"));

    private static RpcException Broken(Replica replica) => new(new Status(StatusCode.Internal, $"{replica.Address} ended without an answer"));
}
