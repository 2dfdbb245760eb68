using CoDe.Gateway.Admission;
using CoDe.Gateway.Pipeline;
using CoDe.Imaging;
using CoDe.Protocol;
using CoDe.Protocol.V1;
using Grpc.Core;

namespace CoDe.Gateway.Services;

/// <summary>The public face: reads requests, hands images to the pipeline and writes what comes back.</summary>
internal sealed class GenerationService(RequestReader reader, GenerationPipeline pipeline, ModelCatalog catalog) : Generation.GenerationBase
{
    public override async Task<GenerateResponse> Generate(GenerateRequest request, ServerCallContext context)
        => await RunAsync(request, reader.Read(request), context);

    public override async Task<GenerateResponse> Edit(EditRequest request, ServerCallContext context)
    {
        var wanted = request.Request ?? throw new Flow.InvalidSettingException("request", "missing", "labels and settings");
        var read = reader.Read(wanted);
        var (image, keep) = EditImages.Read(request, (int)read.Model.ImageSide, (int)read.Model.Sides[^1]);
        var edit = new Flow.Edit(await pipeline.EncodeAsync(read.Model.Name, image, context.CancellationToken), keep);
        return await RunAsync(wanted, read with { Images = [.. read.Images.Select(each => each with { Edit = edit })] }, context);
    }

    public override async Task GenerateStream(GenerateRequest request, IServerStreamWriter<GenerateEvent> responseStream, ServerCallContext context)
    {
        var read = reader.Read(request);
        await EventRelay.RunAsync<GenerateEvent, bool>(tell => RunAsync(request, read, tell, context), responseStream.WriteAsync);
    }

    public override Task<ListModelsResponse> ListModels(ListModelsRequest request, ServerCallContext context)
    {
        var response = new ListModelsResponse();
        response.Models.AddRange(catalog.Models());
        return Task.FromResult(response);
    }

    private static ImageJob[] Jobs(GenerateRequest request, ReadRequest read, Action<JobProgress>? tell, ServerCallContext context) => [.. read.Images.Select(
        (image, position) => new ImageJob(new BatchKey(read.Model.Name, read.Steps), image, position, PriorityOf(request.Priority), tell, context.CancellationToken))];

    private static int PriorityOf(Priority priority) => priority switch
    {
        Priority.High => 0,
        Priority.Low => 2,
        _ => 1,
    };

    private static GeneratedImage ToWire(ImageJob job, FinishedImage finished, GenerateRequest request, ReadRequest read)
    {
        var wire = new GeneratedImage
        {
            Index = (uint)job.Position,
            Label = (uint)job.Request.Label,
            LabelName = read.Names.NameOf(job.Request.Label),
            Image = ToWire(finished.Image, request.Format),
        };
        wire.TokenMaps.AddRange(request.Tokens ? finished.Draft.TokenMaps.Select(FlowMapping.ToWire) : []);
        return wire;
    }

    private static Image ToWire(Flow.Image image, ImageFormat format) => format == ImageFormat.Rgb ? image.ToWire() : new Image
    {
        Width = (uint)image.Width,
        Height = (uint)image.Height,
        Format = ImageFormat.Png,
        Data = Google.Protobuf.UnsafeByteOperations.UnsafeWrap(Png.Encode(image)),
    };

    private static GenerateEvent ToWire(JobProgress progress, GenerateRequest request, ReadRequest read) => progress.Preview is null
        ? new GenerateEvent { ScaleDone = new ScaleDone { Index = (uint)progress.Job.Position, Scales = (uint)progress.Scales, Of = (uint)read.Model.Sides.Count } }
        : new GenerateEvent { Drafted = new Drafted { Index = (uint)progress.Job.Position, Preview = ToWire(progress.Preview, request.Format) } };

    private async Task<bool> RunAsync(GenerateRequest request, ReadRequest read, Action<GenerateEvent> tell, ServerCallContext context)
    {
        var jobs = Jobs(request, read, progress => tell(ToWire(progress, request, read)), context);
        tell(new GenerateEvent { Queued = new Queued { Seed = read.Seed, Ahead = (uint)Submit(jobs, context) } });
        await foreach (var done in Task.WhenEach(jobs.Select(FinishAsync)))
        {
            tell(new GenerateEvent { Image = await done });
        }

        return true;

        async Task<GeneratedImage> FinishAsync(ImageJob job) => ToWire(job, await job.Done, request, read);
    }

    private async Task<GenerateResponse> RunAsync(GenerateRequest request, ReadRequest read, ServerCallContext context)
    {
        var jobs = Jobs(request, read, null, context);
        Submit(jobs, context);
        var response = new GenerateResponse { Seed = read.Seed, Model = read.Model.Name, Steps = (uint)read.Steps };
        foreach (var job in jobs)
        {
            response.Images.Add(ToWire(job, await job.Done, request, read));
        }

        return response;
    }

    private int Submit(IReadOnlyList<ImageJob> jobs, ServerCallContext context)
    {
        try
        {
            return pipeline.Submit(jobs, context.Deadline);
        }
        catch (OverloadedException overloaded)
        {
            var seconds = Math.Max(1, (int)Math.Ceiling(overloaded.RetryAfter.TotalSeconds));
            throw new RpcException(new Status(StatusCode.ResourceExhausted, overloaded.Message), new Metadata { { "retry-after", $"{seconds}" } });
        }
    }
}
