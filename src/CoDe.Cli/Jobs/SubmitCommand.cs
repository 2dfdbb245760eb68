using System.CommandLine;
using CoDe.Cli.Options;
using CoDe.Protocol.V1;

namespace CoDe.Cli.Jobs;

/// <summary><c>code jobs submit</c>: submits a job and prints its id.</summary>
internal static class SubmitCommand
{
    private static readonly Dictionary<string, ImageFormat> Formats = new()
    {
        ["png"] = ImageFormat.Png,
        ["webp"] = ImageFormat.Webp,
        ["jpeg"] = ImageFormat.Jpeg,
        ["rgb"] = ImageFormat.Rgb,
    };

    private static readonly Dictionary<string, Priority> Priorities = new()
    {
        ["high"] = Priority.High,
        ["normal"] = Priority.Normal,
        ["low"] = Priority.Low,
    };

    public static Command Create()
    {
        var gateway = new GatewayOption();
        var sampling = new SamplingOptions();
        var id = new Option<string>("--id")
        {
            Description = "Id of the job: submitting it again is the same job. Default: a new one.",
            DefaultValueFactory = _ => "",
        };
        var labels = new Option<string[]>("--label")
        {
            Description = "Class by number or name, none, or a range such as 0..999; several with commas between.",
            Required = true,
        };
        var count = NumberOption.Integer("--count", "Images of each label.", 1U);
        var seed = NumberOption.Integer<ulong>("--seed", "Seed. Default: a random one.");
        var steps = NumberOption.Integer<uint>("--steps", "N, the drafted scales. Default: the model's.");
        var model = new Option<string>("--model")
        {
            Description = "Model. Default: the first that is served.",
            DefaultValueFactory = _ => "",
        };
        var format = new Option<string>("--format")
        {
            Description = "Format of the images: png, webp, jpeg or rgb.",
            DefaultValueFactory = _ => "png",
        };
        format.AcceptOnlyFromAmong([.. Formats.Keys]);
        var priority = new Option<string>("--priority")
        {
            Description = "Priority: high, normal or low.",
            DefaultValueFactory = _ => "normal",
        };
        priority.AcceptOnlyFromAmong([.. Priorities.Keys]);
        var command = new Command("submit", "Submit a job; prints its id.")
        {
            labels, count, seed, steps, model, format, priority, id,
        };
        gateway.AddTo(command);
        sampling.AddOverridesTo(command);
        command.SetAction(async (result, cancellation) =>
        {
            var request = new GenerateRequest
            {
                Model = result.GetValue(model)!,
                Count = result.GetValue(count),
                Format = Formats[result.GetValue(format)!],
                Priority = Priorities[result.GetValue(priority)!],
                Settings = sampling.ReadOverrides(result),
            };
            if (result.GetValue(seed) is { } number)
            {
                request.Seed = number;
            }

            if (result.GetValue(steps) is { } scales)
            {
                request.Steps = scales;
            }

            using var jobs = gateway.Connect(result);
            request.Labels.AddRange(await jobs.SplitAsync(result.GetValue(labels)!, request.Model, cancellation));
            var job = await jobs.SubmitAsync(
                new SubmitJobRequest { Id = result.GetValue(id), Request = request }, cancellation);
            Console.Out.WriteLine(job.Id);
            Console.Error.WriteLine(JobText.Of(job));
            return 0;
        });
        return command;
    }
}
