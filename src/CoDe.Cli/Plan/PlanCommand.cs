using System.CommandLine;
using System.Text.Json;
using CoDe.Cli.Options;
using CoDe.Cli.Plots;
using CoDe.Flow;
using CoDe.Planning;

namespace CoDe.Cli.Plan;

/// <summary><c>code plan</c>: topology, N and batch for devices and a goal, from measured stage times.</summary>
internal static class PlanCommand
{
    private static readonly JsonSerializerOptions Json =
        new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static Command Create()
    {
        var times = new Option<string[]>("--times")
        {
            Description = "File with lines of code bench --json at several --batch and N; several by repeating. Lines "
                + "of --stage draft and refine have the memory of a stage alone, lines of --plan that of any batch.",
            Required = true,
        };
        var devices = NumberOption.Integer("--devices", "The most devices.", 2);
        var memory = NumberOption.Real("--device-gib", "Memory of a device in GiB. Default: not counted.");
        var rate = NumberOption.Real("--rate", "Images a second to reach, with as few devices as possible.");
        var latency = NumberOption.Real("--latency", "Seconds within which 95 % of the images must come.");
        var steps = new Option<string?>("--steps")
        {
            Description = "Each N to choose from, with commas between. Default: all that were measured.",
        };
        var json = new Option<bool>("--json") { Description = "One line of JSON." };
        var plot = new PlotOption("Latency over images a second");
        var command = new Command("plan", "Find topology, N and batch for a number of devices and a goal.")
        {
            times, devices, memory, rate, latency, steps, json,
        };
        plot.AddTo(command);
        command.SetAction(async (result, cancellation) =>
        {
            var goal = new PlanGoal(
                result.GetValue(devices), result.GetValue(memory), result.GetValue(rate), result.GetValue(latency),
                Steps(result.GetValue(steps)));
            var planner = new Planner(BenchLines.Read(result.GetValue(times)!), goal);
            plot.Prepare(result);
            var plan = planner.Plan(cancellation);
            await Console.Out.WriteLineAsync(
                result.GetValue(json) ? JsonSerializer.Serialize(plan, Json) : PlanText.Of(plan));
            if (plan.Services.Count > 0)
            {
                plot.Write(result, () => PlanPlot.Of(plan, goal));
            }

            if (plan.Shortfall is null)
            {
                return 0;
            }

            await Console.Error.WriteLineAsync($"code: {plan.Shortfall}");
            return 1;
        });
        return command;
    }

    private static IReadOnlyList<int>? Steps(string? text)
        => text is null ? null : [.. text.Split(',').Select(each => NumberText.Integer<int>("steps", each))];
}
