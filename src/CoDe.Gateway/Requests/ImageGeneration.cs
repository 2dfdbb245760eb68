using CoDe.Gateway.Lanes;
using CoDe.Gateway.Replicas;
using CoDe.Protocol;
using CoDe.Protocol.V1;

namespace CoDe.Gateway.Requests;

/// <summary>The caller of a request, as far as the work goes.</summary>
/// <param name="Deadline">UTC; <see cref="DateTime.MaxValue"/> for none.</param>
/// <param name="Cancellation">Ends when the client is gone or the deadline has passed.</param>
internal readonly record struct Caller(DateTime Deadline, CancellationToken Cancellation);

/// <summary>Serves gRPC and HTTP alike: reads requests, submits their images and maps the results.</summary>
internal sealed class ImageGeneration(RequestReader reader, GenerationPipeline pipeline, ModelCatalog catalog)
{
    public ListModelsResponse ListModels()
    {
        var response = new ListModelsResponse();
        response.Models.AddRange(catalog.Models());
        return response;
    }

    public Task<GenerateResponse> GenerateAsync(GenerateRequest request, Caller caller)
        => RunAsync(request, reader.Read(request), caller);

    /// <summary>Generates images and reports progress.</summary>
    /// <param name="tell">May be called from any thread.</param>
    public async Task GenerateAsync(GenerateRequest request, Action<GenerateEvent> tell, Caller caller)
    {
        var read = reader.Read(request);
        var jobs = Jobs(request, read, progress => tell(ToWire(progress, read)), caller);
        pipeline.Submit(jobs, caller.Deadline, ahead =>
            tell(new GenerateEvent { Queued = new Queued { Seed = read.Seed, Ahead = (uint)ahead } }));
        await foreach (var done in Task.WhenEach(jobs.Select(FinishAsync)))
        {
            tell(new GenerateEvent { Image = await done });
        }

        async Task<GeneratedImage> FinishAsync(ImageJob job) => ToWire(job, await job.Done, read);
    }

    public async Task<GenerateResponse> EditAsync(EditRequest request, Caller caller)
    {
        var wanted = request.Request
            ?? throw new Flow.InvalidSettingException("request", "missing", "labels and settings");
        var read = reader.Read(wanted);
        var (image, keep) = EditImages.Read(request, (int)read.Model.ImageSide, (int)read.Model.Sides[^1]);
        var edit = new Flow.Edit(await pipeline.EncodeAsync(read.Model.Name, image, caller.Cancellation), keep);
        var images = read.Images.Select(each => each with { Edit = edit });
        return await RunAsync(wanted, read with { Images = [.. images] }, caller);
    }

    private static ImageJob[] Jobs(GenerateRequest request, ReadRequest read, Action<JobProgress>? tell, Caller caller)
    {
        var key = new BatchKey(read.Model.Name, read.Steps);
        var priority = PriorityOf(request.Priority);
        return [.. read.Images.Select((image, position) => new ImageJob(
            key, image, read.Output, position, priority, tell, caller.Cancellation))];
    }

    private static int PriorityOf(Priority priority) => priority switch
    {
        Priority.High => 0,
        Priority.Low => 2,
        _ => 1,
    };

    private static GeneratedImage ToWire(ImageJob job, FinishedImage finished, ReadRequest read)
    {
        var wire = new GeneratedImage
        {
            Index = (uint)job.Position,
            Label = (uint)job.Request.Label,
            LabelName = read.Names.NameOf(job.Request.Label),
            Image = finished.Picture.ToWire(),
        };
        wire.TokenMaps.AddRange(finished.TokenMaps.Select(FlowMapping.ToWire));
        return wire;
    }

    private static GenerateEvent ToWire(JobProgress progress, ReadRequest read)
    {
        var index = (uint)progress.Job.Position;
        return progress.Preview is { } preview
            ? new GenerateEvent { Drafted = new Drafted { Index = index, Preview = preview.ToWire() } }
            : new GenerateEvent
            {
                ScaleDone = new ScaleDone
                {
                    Index = index,
                    Scales = (uint)progress.Scales,
                    Of = (uint)read.Model.Sides.Count,
                },
            };
    }

    private async Task<GenerateResponse> RunAsync(GenerateRequest request, ReadRequest read, Caller caller)
    {
        var jobs = Jobs(request, read, null, caller);
        pipeline.Submit(jobs, caller.Deadline);
        var response = new GenerateResponse { Seed = read.Seed, Model = read.Model.Name, Steps = (uint)read.Steps };
        foreach (var job in jobs)
        {
            response.Images.Add(ToWire(job, await job.Done, read));
        }

        return response;
    }
}
