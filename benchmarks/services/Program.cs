using System.CommandLine;
using CoDe.Benchmarks.Services;

var seconds = new Option<int>("--seconds") { DefaultValueFactory = _ => 30 };
var steps = new Option<uint>("--steps")
{
    DefaultValueFactory = _ => 8,
    Description = "N; at 8 the demonstration model's stages take about the same time.",
};
var batch = new Option<int>("--batch") { DefaultValueFactory = _ => 8 };

var overlap = new Command("overlap", "Both stages for real, each on a core of its own.") { steps, batch, seconds };
overlap.SetAction((arguments, _) =>
    new Overlap(arguments.GetValue(steps), arguments.GetValue(batch), TimeSpan.FromSeconds(arguments.GetValue(seconds)))
        .RunAsync(Console.Out));

var draft = new Option<double>("--draft")
{
    DefaultValueFactory = _ => 5,
    Description = "Milliseconds in which the simulated drafter does a batch.",
};
var refine = new Option<double>("--refine") { DefaultValueFactory = _ => 20, Description = "Likewise a refiner." };
var scaling = new Command("scaling", "One, two and three refiners behind a drafter that is faster than all of them.")
{
    draft, refine, batch, seconds,
};
scaling.SetAction((arguments, _) => new Scaling(
    arguments.GetValue(draft), arguments.GetValue(refine), arguments.GetValue(batch),
    TimeSpan.FromSeconds(arguments.GetValue(seconds))).RunAsync(Console.Out));

var overhead = new Command("overhead", "The gateway before stages that take no time.") { seconds };
overhead
    .SetAction((arguments, _) => new Overhead(TimeSpan.FromSeconds(arguments.GetValue(seconds))).RunAsync(Console.Out));

var cache = new Command("cache", "Requests that the gateway answers from its result cache.") { seconds };
cache.SetAction((arguments, _) => new Cache(TimeSpan.FromSeconds(arguments.GetValue(seconds))).RunAsync(Console.Out));

var milliseconds = new Option<double>("--milliseconds")
{
    DefaultValueFactory = _ => 20,
    Description = "Milliseconds in which a simulated stage does a batch.",
};
var cluster = new Command("cluster", "Two gateways that share a Redis, beside one alone under the same load.")
{
    milliseconds, batch, seconds,
};
cluster.SetAction((arguments, _) => new Cluster(
    arguments.GetValue(batch), arguments.GetValue(milliseconds),
    TimeSpan.FromSeconds(arguments.GetValue(seconds))).RunAsync(Console.Out));

var load = new Option<double>("--load")
{
    DefaultValueFactory = _ => 0.7,
    Description = "Share of the capacity at which images come.",
};
var perImage = new Option<double>("--per-image")
{
    DefaultValueFactory = _ => 40,
    Description = "Milliseconds of each image in either stage, besides 200 of a batch in a drafter, 150 in a refiner.",
};
var prediction = new Command("prediction", "What the planner predicts, beside what simulated stages do.")
{
    perImage, batch, load, seconds,
};
prediction.SetAction((arguments, _) => new Prediction(
    200, 150, arguments.GetValue(perImage), arguments.GetValue(batch), arguments.GetValue(load),
    TimeSpan.FromSeconds(arguments.GetValue(seconds))).RunAsync(Console.Out));

return await new RootCommand("What the services add to the stages, and how well they keep them busy.")
{
    overlap, scaling, overhead, cache, cluster, prediction,
}.Parse(args).InvokeAsync();
