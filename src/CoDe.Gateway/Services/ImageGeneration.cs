using CoDe.Gateway.Admission;
using CoDe.Gateway.Pipeline;
using CoDe.Imaging;
using CoDe.Protocol;
using CoDe.Protocol.V1;
using Grpc.Core;

namespace CoDe.Gateway.Services;

/// <summary>Who asks, as far as the work goes.</summary>
/// <param name="Deadline">UTC; <see cref="DateTime.MaxValue"/> for none.</param>
/// <param name="Cancellation">Ends when the client is gone or the deadline has passed.</param>
internal readonly record struct Caller(DateTime Deadline, CancellationToken Cancellation);

/// <summary>What gRPC and HTTP serve alike: reads requests, hands images to the pipeline and writes what comes back.</summary>
internal sealed class ImageGeneration(RequestReader reader, GenerationPipeline pipeline, ModelCatalog catalog)
{
    public ListModelsResponse ListModels()
    {
        var response = new ListModelsResponse();
        response.Models.AddRange(catalog.Models());
        return response;
    }

    public Task<GenerateResponse> GenerateAsync(GenerateRequest request, Caller caller) => RunAsync(request, reader.Read(request), caller);

    /// <summary>The same, told as it goes.</summary>
    /// <param name="tell">May be called from any thread.</param>
    public async Task GenerateAsync(GenerateRequest request, Action<GenerateEvent> tell, Caller caller)
    {
        var read = reader.Read(request);
        var jobs = Jobs(request, read, progress => tell(ToWire(progress, request, read)), caller);
        Submit(jobs, caller, ahead => tell(new GenerateEvent { Queued = new Queued { Seed = read.Seed, Ahead = (uint)ahead } }));
        await foreach (var done in Task.WhenEach(jobs.Select(FinishAsync)))
        {
            tell(new GenerateEvent { Image = await done });
        }

        async Task<GeneratedImage> FinishAsync(ImageJob job) => ToWire(job, await job.Done, request, read);
    }

    public async Task<GenerateResponse> EditAsync(EditRequest request, Caller caller)
    {
        var wanted = request.Request ?? throw new Flow.InvalidSettingException("request", "missing", "labels and settings");
        var read = reader.Read(wanted);
        var (image, keep) = EditImages.Read(request, (int)read.Model.ImageSide, (int)read.Model.Sides[^1]);
        var edit = new Flow.Edit(await pipeline.EncodeAsync(read.Model.Name, image, caller.Cancellation), keep);
        return await RunAsync(wanted, read with { Images = [.. read.Images.Select(each => each with { Edit = edit })] }, caller);
    }

    private static ImageJob[] Jobs(GenerateRequest request, ReadRequest read, Action<JobProgress>? tell, Caller caller) => [.. read.Images.Select(
        (image, position) => new ImageJob(new BatchKey(read.Model.Name, read.Steps), image, position, PriorityOf(request.Priority), tell, caller.Cancellation))];

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

    private async Task<GenerateResponse> RunAsync(GenerateRequest request, ReadRequest read, Caller caller)
    {
        var jobs = Jobs(request, read, null, caller);
        Submit(jobs, caller);
        var response = new GenerateResponse { Seed = read.Seed, Model = read.Model.Name, Steps = (uint)read.Steps };
        foreach (var job in jobs)
        {
            response.Images.Add(ToWire(job, await job.Done, request, read));
        }

        return response;
    }

    private void Submit(IReadOnlyList<ImageJob> jobs, Caller caller, Action<int>? accepted = null)
    {
        try
        {
            pipeline.Submit(jobs, caller.Deadline, accepted);
        }
        catch (OverloadedException overloaded)
        {
            var seconds = Math.Max(1, (int)Math.Ceiling(overloaded.RetryAfter.TotalSeconds));
            throw new RpcException(new Status(StatusCode.ResourceExhausted, overloaded.Message), new Metadata { { "retry-after", $"{seconds}" } });
        }
    }
}
