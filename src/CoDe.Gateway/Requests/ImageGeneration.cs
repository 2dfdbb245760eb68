using CoDe.Gateway.Lanes;
using CoDe.Gateway.Replicas;
using CoDe.Gateway.Results;
using CoDe.Protocol;
using CoDe.Protocol.V1;

namespace CoDe.Gateway.Requests;

/// <summary>Serves gRPC and HTTP alike: reads requests, submits their images and maps the results.</summary>
/// <param name="asked">
/// Bounds the images that are asked for and not yet delivered: those of a client that does not read fill the memory.
/// </param>
/// <param name="edits">Bounds the edits whose pictures are decoded and encoded, which comes before the queue.</param>
internal sealed class ImageGeneration(
    RequestReader reader, ImageSource source, GenerationPipeline pipeline, ModelCatalog catalog, ImagePlaces asked,
    ImagePlaces edits, DefaultDeadline deadline, QuotaAdmission quotas)
{
    /// <summary>Tells whether an event only tells progress.</summary>
    public static bool IsProgress(GenerateEvent each) => each.EventCase
        is GenerateEvent.EventOneofCase.ScaleDone or GenerateEvent.EventOneofCase.Drafted;

    public ListModelsResponse ListModels()
    {
        var response = new ListModelsResponse();
        response.Models.AddRange(catalog.Models());
        return response;
    }

    /// <param name="cache">Is told what the cache did, as <c>Cache-Status</c> has it.</param>
    public Task<GenerateResponse> GenerateAsync(GenerateRequest request, Caller caller, CacheUse cache)
        => deadline.RunAsync(caller, async each =>
            await RunAsync(request, await AdmitAsync(request, each), each, cache));

    /// <summary>Generates images and reports progress.</summary>
    /// <param name="tell">May be called from any thread.</param>
    /// <param name="cache">Is told what the cache did, before the first event and until the end.</param>
    public Task GenerateAsync(GenerateRequest request, Action<GenerateEvent> tell, Caller caller, CacheUse cache)
        => deadline.RunAsync(caller, async each =>
        {
            await TellAsync(request, tell, each, cache);
            return true;
        });

    /// <param name="cache">Is told that edits are not cached.</param>
    public Task<GenerateResponse> EditAsync(EditRequest request, Caller caller, CacheUse cache)
        => deadline.RunAsync(caller, each => RunAsync(request, each, cache));

    private async Task TellAsync(
        GenerateRequest request, Action<GenerateEvent> tell, Caller caller, CacheUse cache)
    {
        var read = await AdmitAsync(request, caller);
        var order = OrderOf(request, read, progress => tell(ToWire(progress, read)), caller, cache);
        var images = await StartAsync(order, cache, ahead =>
            tell(new GenerateEvent { Queued = new Queued { Seed = read.Seed, Ahead = (uint)ahead } }));
        await foreach (var done in Task.WhenEach(images.Select(FinishAsync)))
        {
            tell(new GenerateEvent { Image = await done });
        }

        async Task<GeneratedImage> FinishAsync(Task<FinishedImage> image, int position)
            => ToWire(position, await image, read);
    }

    private async Task<GenerateResponse> RunAsync(EditRequest request, Caller caller, CacheUse cache)
    {
        cache.Bypass();
        var wanted = request.Request
            ?? throw new Flow.InvalidSettingException("request", "missing", "labels and settings");
        var read = await AdmitAsync(wanted, caller);
        var edit = await EncodeAsync(request, read, caller);
        var images = read.Images.Select(each => each with { Edit = edit });
        return await RunAsync(wanted, read with { Images = [.. images] }, caller, cache);
    }

    /// <summary>
    /// Reads a request, counts its images until they are delivered and takes them from the caller's quota.
    /// </summary>
    private async Task<ReadRequest> AdmitAsync(GenerateRequest request, Caller caller)
    {
        var read = reader.Read(request);
        caller.DisposeOnceAnswered(asked.Enter(caller.Name, read.Images.Count));
        await quotas.EnterAsync(caller, read.Images.Count);
        return read;
    }

    private Task<IReadOnlyList<Task<FinishedImage>>> StartAsync(
        ImageOrder order, CacheUse cache, Action<int>? accepted = null)
        => quotas.StartAsync(
            order.Caller, order.Read.Images.Count, () => source.StartAsync(order, cache, accepted));

    private async Task<Flow.Edit> EncodeAsync(EditRequest request, ReadRequest read, Caller caller)
    {
        using var place = edits.Enter(caller.Name, read.Images.Count);
        var (image, keep) = EditImages.Read(request, (int)read.Model.ImageSide, (int)read.Model.Sides[^1]);
        return new Flow.Edit(await pipeline.EncodeAsync(read.Model.Name, image, caller.Cancellation), keep);
    }

    /// <summary>Nobody can ask again for images of a seed that the gateway draws.</summary>
    private static ImageOrder OrderOf(
        GenerateRequest request, ReadRequest read, Action<ImageProgress>? tell, Caller caller, CacheUse cache)
    {
        if (!request.HasSeed)
        {
            cache.Bypass();
        }

        return new ImageOrder(read, request.Priority.Rank(), tell, caller);
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

    private async Task<GenerateResponse> RunAsync(
        GenerateRequest request, ReadRequest read, Caller caller, CacheUse cache)
    {
        var images = await StartAsync(OrderOf(request, read, null, caller, cache), cache);
        var response = new GenerateResponse { Seed = read.Seed, Model = read.Model.Name, Steps = (uint)read.Steps };
        foreach (var (position, image) in images.Index())
        {
            response.Images.Add(ToWire(position, await image, read));
        }

        return response;
    }
}
