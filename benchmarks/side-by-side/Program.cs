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
var published = new Option<string[]>("--published")
{
    Description = "Published programs to compare with; several by repeating.",
    DefaultValueFactory = _ => [.. Contestant.AllPublished],
};
published.AcceptOnlyFromAmong([.. Contestant.AllPublished]);
var ours = new Option<string[]>("--ours")
{
    Description = "Devices and precisions of ours; several by repeating.",
    DefaultValueFactory = _ => ["cpu:f32", "cpu:bf16"],
};
ours.AcceptOnlyFromAmong([.. Contestant.AllOurs]);
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
    "The published implementation and this one, in turn, with random weights. CODE_REF names a checkout of the "
    + "published code for pytorch, LIBTORCH a folder of libtorch for libtorch and torch.")
{
    drafter, refiner, steps, batch, threads, published, ours, runs, apart, python,
};
root.SetAction(async (arguments, _) =>
{
    var (anchors, alone) = (arguments.GetValue(published)!, arguments.GetValue(refiner) == 0);
    if (anchors.Contains(Contestant.PyTorch) && Environment.GetEnvironmentVariable("CODE_REF") is null)
    {
        await Console.Error.WriteLineAsync(
            "CODE_REF must name a checkout of the published implementation (czg1225/CoDe).");
        return 1;
    }

    var folder = Assembly.GetExecutingAssembly().GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "BenchmarkFolder").Value!;
    var comparison = new Comparison(
        anchors, arguments.GetValue(ours)!, arguments.GetValue(apart) && !alone ? ["draft", "refine"] : [],
        arguments.GetValue(python)!, Path.Combine(folder, "reference_bench.py"));
    await Console.Out.WriteLineAsync(Table.Head(anchors));
    foreach (var each in alone ? [10] : arguments.GetValue(steps)!)
    {
        var settings = new Settings(
            arguments.GetValue(drafter), arguments.GetValue(refiner), each,
            arguments.GetValue(batch), arguments.GetValue(threads), arguments.GetValue(runs));
        await comparison.RunAsync(settings, Console.Out);
    }

    return 0;
});
return await root.Parse(args).InvokeAsync();
