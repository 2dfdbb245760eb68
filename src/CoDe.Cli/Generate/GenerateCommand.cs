using System.CommandLine;
using CoDe.Cli.Options;

namespace CoDe.Cli.Generate;

/// <summary><c>code generate</c>: images of some labels into a file or a folder.</summary>
internal static class GenerateCommand
{
    private const int LargestBatch = 256;

    public static Command Create()
    {
        var (models, sampling, device) = (new ModelOptions(), new SamplingOptions(), new DeviceOptions());
        var labels = new Option<string[]>("--label")
        {
            Description = "Class by number or name, none, or a range such as 0..9; several with commas between.",
            Required = true,
        };
        var count = NumberOption.Integer("--count", "Images of each label.", 1);
        var seed = NumberOption.Integer("--seed", "Seed; image i of it has its own noise.", 0UL);
        var batch = NumberOption.Integer("--batch", "Images decoded together. No image depends on it.", 8);
        var output = OutputOption.Create(
            "A file ending in .png, .webp or .jpg (a grid of several images), or a folder for one file each.");
        var format = new Option<string>("--format")
        {
            Description = "Format of the files in a folder: png, webp or jpeg.",
            DefaultValueFactory = _ => "png",
        };
        format.AcceptOnlyFromAmong("png", "webp", "jpeg");
        var preview = new Option<bool>("--preview") { Description = "Also write the decoded image after each scale." };
        var image = new Option<string?>("--edit")
        {
            Description = "A picture (PNG, JPEG, WebP) of the model's size to edit; needs --keep.",
        };
        var keep = new Option<string?>("--keep")
        {
            Description = "Mask for --edit: bright pixels stay, dark ones are decoded anew.",
        };
        var command = new Command("generate", "Decode images of some labels.")
        {
            labels, count, seed, batch, output, format, preview, image, keep,
        };
        models.AddTo(command);
        sampling.AddTo(command);
        device.AddTo(command);
        command.SetAction((result, cancellation) =>
        {
            var choice = models.Read(result);
            var request = new GenerateRequest(
                choice, sampling.Read(result, choice),
                result.GetValue(labels)!,
                Limits.InRange("--count", result.GetValue(count), 100_000), result.GetValue(seed),
                Limits.InRange("--batch", result.GetValue(batch), LargestBatch),
                new ImageOutput(result.GetValue(output)!, result.GetValue(format)!), result.GetValue(preview),
                EditFiles.Of(result.GetValue(image), result.GetValue(keep)));
            using var backend = device.Create(result);
            Generator.Run(backend, request, cancellation);
            return Task.FromResult(0);
        });
        return command;
    }
}

/// <param name="Labels">As the user wrote them.</param>
/// <param name="Count">Images of each label.</param>
/// <param name="Edit">Image to edit; null for a new image.</param>
internal sealed record GenerateRequest(
    ModelChoice Models, Flow.SamplingSettings Sampling, IReadOnlyList<string> Labels,
    int Count, ulong Seed, int Batch, ImageOutput Output, bool Preview,
    EditFiles? Edit);
