using System.CommandLine;
using System.Reflection;
using CoDe.Benchmarks.SideBySide;

var drafter = new Option<int>("--drafter") { Description = "Depth.", DefaultValueFactory = _ => 30 };
var refiner = new Option<int>("--refiner")
{
    Description = "Depth; 0 for the drafter alone.",
    DefaultValueFactory = _ => 16,
};
var steps = new Option<int[]>("--steps")
{
    Description = "N; several by repeating.",
    DefaultValueFactory = _ => [8, 6],
};
var batch = new Option<int>("--batch") { DefaultValueFactory = _ => 1 };
var threads = new Option<int>("--threads") { DefaultValueFactory = _ => Environment.ProcessorCount };
var weights = new Option<string[]>("--weights")
{
    Description = "Weight types of ours; the published implementation computes in float32.",
    DefaultValueFactory = _ => ["f32", "bf16"],
};
var runs = new Option<int>("--runs")
{
    Description = "Runs of each program after one warm-up; the result is their median.",
    DefaultValueFactory = _ => 3,
};
var apart = new Option<bool>("--apart")
{
    Description = "Also our drafter and our refiner each in a process of its own.",
};
var python = new Option<string>("--python")
{
    Description = "An interpreter that has PyTorch.",
    DefaultValueFactory = _ => "python3",
};
var root = new RootCommand(
    "The published implementation (a checkout of it in CODE_REF, with PyTorch) and this one, in turn, "
    + "with random weights.")
{
    drafter, refiner, steps, batch, threads, weights, runs, apart, python,
};
root.SetAction(async (arguments, _) =>
{
    if (Environment.GetEnvironmentVariable("CODE_REF") is null)
    {
        await Console.Error.WriteLineAsync(
            "CODE_REF must name a checkout of the published implementation (czg1225/CoDe).");
        return 1;
    }

    string folder = Assembly.GetExecutingAssembly().GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "BenchmarkFolder").Value!;
    await Console.Out.WriteLineAsync(Comparison.Head);
    var alone = arguments.GetValue(refiner) == 0;
    foreach (var each in alone ? [10] : arguments.GetValue(steps)!)
    {
        var settings = new Settings(
            arguments.GetValue(drafter), arguments.GetValue(refiner), each,
            arguments.GetValue(batch), arguments.GetValue(threads), arguments.GetValue(runs));
        var reference = await Timing.OfAsync(
            arguments.GetValue(python)!, [Path.Combine(folder, "reference_bench.py"), .. settings.Reference()]);
        await Console.Out.WriteLineAsync(Comparison.Row(settings, "published", reference, reference));
        foreach (var type in arguments.GetValue(weights)!)
        {
            var ours = await Timing.OfAsync(
                Path.Combine(AppContext.BaseDirectory, "code"),
                ["bench", "--weights", type, "--json", .. settings.Ours()]);
            await Console.Out.WriteLineAsync(Comparison.Row(settings, $"CoDe, {type}", ours, reference));
            foreach (var stage in arguments.GetValue(apart) && !alone ? ["draft", "refine"] : Array.Empty<string>())
            {
                var part = await Timing.OfAsync(
                    Path.Combine(AppContext.BaseDirectory, "code"),
                    ["bench", "--weights", type, "--json", "--stage", stage, .. settings.Ours()]);
                await Console.Out.WriteLineAsync(Comparison.Row(settings, $"CoDe, {type}, {stage} alone", part));
            }
        }
    }

    return 0;
});
return await root.Parse(args).InvokeAsync();
