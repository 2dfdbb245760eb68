using CoDe.Gateway.Lanes;
using CoDe.Gateway.Replicas;
using CoDe.Protocol;
using CoDe.Protocol.V1;

namespace CoDe.Gateway.Requests;

/// <summary>The caller of a request, as far as the work goes.</summary>
/// <param name="Name">Identifies the caller, who takes turns with others.</param>
/// <param name="Deadline">UTC; <see cref="DateTime.MaxValue"/> for none.</param>
/// <param name="Cancellation">Ends when the client is gone or the deadline has passed.</param>
internal readonly record struct Caller(string Name, DateTime Deadline, CancellationToken Cancellation);

/// <summary>Serves gRPC and HTTP alike: reads requests, submits their images and maps the results.</summary>
internal sealed class ImageGeneration(
    RequestReader reader, Origin origin, GenerationPipeline pipeline, ModelCatalog catalog)
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
        var pending = new PendingRequest(
            read, request.Priority.Rank(), progress => tell(ToWire(progress, read)), caller);
        await origin.SubmitAsync(pending, ahead =>
            tell(new GenerateEvent { Queued = new Queued { Seed = read.Seed, Ahead = (uint)ahead } }));
        await foreach (var done in Task.WhenEach(pending.Images.Select(FinishAsync)))
        {
            tell(new GenerateEvent { Image = await done });
        }

        async Task<GeneratedImage> FinishAsync(Task<FinishedImage> image, int position)
            => ToWire(position, await image, read);
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

    private static GeneratedImage ToWire(int position, FinishedImage finished, ReadRequest read)
    {
        var label = read.Images[position].Label;
        var wire = new GeneratedImage
        {
            Index = (uint)position,
            Label = (uint)label,
            LabelName = read.Names.NameOf(label),
            Image = finished.Picture.ToWire(),
        };
        wire.TokenMaps.AddRange(finished.TokenMaps.Select(FlowMapping.ToWire));
        return wire;
    }

    private static GenerateEvent ToWire(ImageProgress progress, ReadRequest read)
    {
        var index = (uint)progress.Position;
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
        var pending = new PendingRequest(read, request.Priority.Rank(), null, caller);
        await origin.SubmitAsync(pending);
        var response = new GenerateResponse { Seed = read.Seed, Model = read.Model.Name, Steps = (uint)read.Steps };
        foreach (var (position, image) in pending.Images.Index())
        {
            response.Images.Add(ToWire(position, await image, read));
        }

        return response;
    }
}
