using CoDe.Cli.Options;
using CoDe.Engine.Compute;
using CoDe.Engine.Serving;
using CoDe.Engine.Stages;
using CoDe.Engine.Vqvae;
using CoDe.Flow;
using CoDe.Imaging;

namespace CoDe.Cli.Sample;

/// <summary>Decodes what is missing of a run, class by class, then packs all of it.</summary>
internal static class Sampler
{
    public static void Run(IBackend backend, SamplePlan plan, CancellationToken cancellation)
    {
        var packed = PackedFile(plan.Output);
        ModelMemory.Check(backend, plan.Models, VqvaeParts.Decoder, plan.Batch, _ => plan.Batch);
        using var models = LoadedModels.Load(backend, plan.Models.Names);
        var names = ClassNames.Beside(plan.Models.Names.Drafter, models.Drafter.Config.Classes);
        int[] labels = plan.Labels.Count > 0
            ? [.. plan.Labels.SelectMany(names.Split).SelectMany(names.ParseAll).Distinct().Order()]
            : [.. Enumerable.Range(0, names.Count)];
        plan.Sampling.Validate(models.Drafter.Config.Schedule.Count);
        using var decoder = new LocalDecoder(
            backend, models.Drafter, models.Refiner, models.Vqvae, plan.Models.Steps, plan.Batch);

        Directory.CreateDirectory(plan.Output);
        using var alone = FolderLock.Take(plan.Output);
        SampleRecord.Of(plan, labels, backend.Arithmetic).Claim(plan.Output);
        var progress = SampleProgress.Start(labels.Length * plan.PerClass);
        try
        {
            progress.Run(() =>
            {
                foreach (var label in labels)
                {
                    DecodeClass(decoder, plan, label, progress, cancellation);
                    progress.ClassDone(names.NameOf(label));
                }
            });
            var side = models.Vqvae.Config.ImageSide(models.Drafter.Config.Schedule.FinalSide);
            Pack(packed, plan, labels, side, cancellation);
        }
        catch (IOException error)
        {
            throw new IOException(
                $"{error.Message.TrimEnd('.')}. {progress.Done} of {progress.Total} images are complete; "
                + "the same command goes on from there.",
                error);
        }
    }

    private static void DecodeClass(
        LocalDecoder decoder, SamplePlan plan, int label, SampleProgress progress, CancellationToken cancellation)
    {
        int[] missing =
            [.. Enumerable.Range(0, plan.PerClass)
                .Where(number => !PictureFile.IsWholePng(FileOf(plan, label, number)))];
        progress.Advance(plan.PerClass - missing.Length, decoded: false);
        foreach (var batch in missing.Chunk(plan.Batch))
        {
            ImageRequest[] requests = [.. batch.Select(number => new ImageRequest(
                label, plan.Seed, checked((uint)((label * (long)plan.PerClass) + number)), plan.Sampling))];
            var decoded = decoder.Run(requests, cancellation: cancellation);
            foreach (var (number, image) in batch.Zip(decoded.Images))
            {
                PictureFile.Write(FileOf(plan, label, number), image);
                progress.Advance(1, decoded: true);
            }
        }
    }

    /// <summary>All images in class order as <c>arr_0</c>, read back one at a time.</summary>
    private static void Pack(
        string path, SamplePlan plan, int[] labels, int side, CancellationToken cancellation)
    {
        var count = labels.Length * plan.PerClass;
        using (var npz = new NpzWriter(path, count, side, side))
        {
            foreach (var label in labels)
            {
                for (var number = 0; number < plan.PerClass; number++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    npz.Add(PictureFile.Read(FileOf(plan, label, number)));
                }
            }

            npz.Complete();
        }

        Console.Out.WriteLine(FormattableString.Invariant(
            $"{path}: arr_0 of ({count}, {side}, {side}, 3) uint8, images in {plan.Output}"));
    }

    /// <summary>The <c>.npz</c> beside a folder, named after it: also where the path ends in dots.</summary>
    private static string PackedFile(string folder)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        return Path.GetFileName(full).Length > 0
            ? full + ".npz"
            : throw new UsageException($"--output {folder}: give a folder that has a name.");
    }

    private static string FileOf(SamplePlan plan, int label, int number)
        => Path.Combine(plan.Output, FormattableString.Invariant($"{label:0000}_{number:00000}.png"));
}
