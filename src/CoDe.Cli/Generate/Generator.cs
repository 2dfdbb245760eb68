using System.Diagnostics;
using CoDe.Cli.Options;
using CoDe.Compute;
using CoDe.Flow;
using CoDe.Hosting;
using CoDe.Stages;
using CoDe.Vqvae;

namespace CoDe.Cli.Generate;

/// <summary>Loads the models, decodes batch by batch, writes what was asked for and says how long it took.</summary>
internal static class Generator
{
    public static void Run(IBackend backend, GenerateRequest request, CancellationToken cancellation)
    {
        var output = new ImageOutput(request.Output);
        var start = Stopwatch.GetTimestamp();
        using var models = LoadedModels.Load(
            backend, request.Models.Names, request.Edit is null ? VqvaeParts.Decoder : VqvaeParts.Decoder | VqvaeParts.Encoder);
        var names = ClassNames.Beside(request.Models.Names.Drafter, models.Drafter.Config.Classes);
        var edit = request.Edit?.Load(backend, models.Vqvae, models.Drafter.Config.Schedule);
        var requests = Requests(request, names, edit);
        requests[0].Validate(names.Count, models.Drafter.Config.Schedule.Count);
        using var decoder = new LocalDecoder(
            backend, models.Drafter, models.Refiner, models.Vqvae, request.Models.Steps, Math.Min(request.Batch, requests.Length));
        var loaded = Stopwatch.GetElapsedTime(start);

        ImageRequest[][] batches = [.. requests.Chunk(request.Batch)];
        var images = new List<Image>();
        var previews = new SortedDictionary<int, List<Image>>();
        var times = default(StageTimes);
        using (var progress = DecodingProgress.Start(batches.Length * models.Drafter.Config.Schedule.Count, models.Drafter.Config.Schedule, request))
        {
            foreach (var batch in batches)
            {
                var decoded = decoder.Run(batch, OnScaleDone, cancellation);
                images.AddRange(decoded.Images);
                times += decoded.Times;
            }

            void OnScaleDone(int scale, Func<IReadOnlyList<FeatureMap>> features)
            {
                progress.ScaleDone(scale);
                if (request.Preview)
                {
                    previews.TryAdd(scale, []);
                    previews[scale].AddRange(decoder.Preview(features()));
                }
            }
        }

        var recorded = Records(request, requests, names);
        output.Write(images, recorded);
        foreach (var (scale, scaleImages) in previews)
        {
            output.WritePreview(scale, scaleImages, recorded);
        }

        Summary.Print(backend.Description, request.Output, images.Count, loaded, times);
    }

    private static ImageRequest[] Requests(GenerateRequest request, ClassNames names, Edit? edit) => [.. request.Labels
        .SelectMany(label => Enumerable.Repeat(names.Parse(label.Trim()), request.Count))
        .Select((label, index) => new ImageRequest(label, request.Seed, (uint)index, request.Sampling, edit))];

    /// <summary>What each file says of itself: enough to make the image again.</summary>
    private static List<ImageRecord> Records(GenerateRequest request, ImageRequest[] requests, ClassNames names)
        => [.. requests.Select(each => new ImageRecord(names.NameOf(each.Label), each.Seed, each.Index, SettingsText.Of(request.Sampling, request.Models)))];
}
