using System.Diagnostics;
using CoDe.Cli.Options;
using CoDe.Engine.Compute;
using CoDe.Engine.Serving;
using CoDe.Engine.Stages;
using CoDe.Engine.Vqvae;
using CoDe.Flow;

namespace CoDe.Cli.Generate;

/// <summary>Loads the models, decodes batch by batch, writes what was asked for and says how long it took.</summary>
internal static class Generator
{
    public static void Run(IBackend backend, GenerateRequest request, CancellationToken cancellation)
    {
        var start = Stopwatch.GetTimestamp();
        var parts = request.Edit is null ? VqvaeParts.Decoder : VqvaeParts.Decoder | VqvaeParts.Encoder;
        ModelMemory.Check(backend, request.Models, parts, request.Batch, classes => Labels(request, classes).Count());
        using var models = LoadedModels.Load(backend, request.Models.Names, parts);
        var names = ClassNames.Beside(request.Models.Names.Drafter, models.Drafter.Config.Classes);
        var requests = Requests(
            request, names, request.Edit?.Load(backend, models.Vqvae, models.Drafter.Config.Schedule));
        requests[0].Validate(names.Count, models.Drafter.Config.Schedule.Count);
        request.Output.Check(
            requests.Length, models.Vqvae.Config.ImageSide(models.Drafter.Config.Schedule.FinalSide));
        using var decoder = new LocalDecoder(
            backend, models.Drafter, models.Refiner, models.Vqvae,
            request.Models.Steps, Math.Min(request.Batch, requests.Length));
        var loaded = Stopwatch.GetElapsedTime(start);
        var times = Decode(decoder, models.Drafter.Config.Schedule, request, requests, names, cancellation);
        Summary.Print(backend.Description, $"{request.Output}", requests.Length, loaded, times);
    }

    private static StageTimes Decode(
        LocalDecoder decoder, ScaleSchedule schedule,
        GenerateRequest request, ImageRequest[] requests, ClassNames names,
        CancellationToken cancellation)
    {
        ImageRequest[][] batches = [.. requests.Chunk(request.Batch)];
        var times = default(StageTimes);
        using (var progress = DecodingProgress.Start(batches.Length * schedule.Count, schedule, request))
        {
            foreach (var batch in batches)
            {
                ImageRecord[] records = [.. batch.Select(each => Record(each, request, names))];
                var decoded = decoder.Run(batch, OnScaleDone, cancellation);
                request.Output.Add(decoded.Images, records);
                times += decoded.Times;

                void OnScaleDone(int scale, Func<IReadOnlyList<FeatureMap>> features)
                {
                    progress.ScaleDone(scale);
                    if (request.Preview)
                    {
                        request.Output.AddPreview(scale, decoder.Preview(features()), records);
                    }
                }
            }
        }

        request.Output.Complete();
        return times;
    }

    private static IEnumerable<int> Labels(GenerateRequest request, int classes)
        => Labels(request, ClassNames.Beside(request.Models.Names.Drafter, classes));

    /// <summary>The label of each image.</summary>
    private static IEnumerable<int> Labels(GenerateRequest request, ClassNames names) => request.Labels
        .SelectMany(names.Split).SelectMany(names.ParseAll)
        .SelectMany(label => Enumerable.Repeat(label, request.Count));

    private static ImageRequest[] Requests(GenerateRequest request, ClassNames names, Edit? edit)
        => [.. Labels(request, names).Select(
            (label, index) => new ImageRequest(label, request.Seed, (uint)index, request.Sampling, edit))];

    /// <summary>Describes an image for its file, with all that is needed to reproduce it.</summary>
    private static ImageRecord Record(ImageRequest each, GenerateRequest request, ClassNames names)
        => new(
            names.NumberOf(each.Label), names.NameOf(each.Label), each.Seed, each.Index,
            SettingsText.Of(request.Sampling, request.Models));
}
