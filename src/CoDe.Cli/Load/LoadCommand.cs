using System.CommandLine;
using System.Text.Json;
using CoDe.Cli.Jobs;
using CoDe.Cli.Options;
using CoDe.Cli.Plots;
using CoDe.Flow;
using CoDe.Protocol.V1;

namespace CoDe.Cli.Load;

/// <summary><c>code load</c>: asks a gateway for images as clients would, and reports what they would see.</summary>
internal static class LoadCommand
{
    private const int MostClients = 10_000;
    private const int MostRequests = 10_000_000;
    private const double MostPerSecond = 100_000;
    private const double LongestSeconds = 86_400;

    private static readonly JsonSerializerOptions Json =
        new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static Command Create()
    {
        var gateway = new GatewayOption();
        var options = new LoadOptions();
        var target = NumberOption.Real(
            "--target", "Milliseconds within which an answer counts for the goodput. Default: no goodput.");
        var timeout = NumberOption.Real("--timeout", "Deadline of a request in seconds. Default: none.");
        var json = new Option<bool>("--json") { Description = "One line of JSON." };
        var plot = new PlotOption("Latency over time, and how many requests had which");
        var command = new Command("load", "Put load on a gateway and measure throughput and latency.")
        {
            target, timeout, json,
        };
        options.AddTo(command);
        plot.AddTo(command);
        gateway.AddTo(command);
        command.SetAction(async (result, cancellation) =>
        {
            var limit = Time(target, result, 1 / 1000.0);
            var deadline = Time(timeout, result, 1);
            options.Check(result);
            plot.Prepare(result);
            using var calls = gateway.Connect(result);
            var plan = options.Read(result, await calls.FindModelAsync(options.ModelOf(result), cancellation));
            var asker = new LoadCalls(calls.Generation, deadline, TimeProvider.System);
            var samples = await new LoadRun(plan, asker.AskAsync, TimeProvider.System).RunAsync(cancellation);
            var report = LoadReport.Of(plan, samples, limit);
            await Console.Out.WriteLineAsync(
                result.GetValue(json) ? JsonSerializer.Serialize(report, Json) : report.ToString());
            plot.Write(result, () => LoadPlot.Of(plan, samples, report));
            return report.Answered > 0 ? 0 : 1;
        });
        return command;
    }

    private static TimeSpan? Time(Option<double?> option, ParseResult result, double unit)
        => result.GetValue(option) is { } value
            ? TimeSpan.FromSeconds(unit * Above0(option.Name, value, LongestSeconds / unit))
            : null;

    private static double Above0(string option, double value, double most)
        => value > 0 && value <= most
            ? value
            : throw new UsageException(FormattableString.Invariant(
                $"{option} is {value}; allowed: above 0 to {most}."));

    /// <summary>Options that make up a plan.</summary>
    private sealed class LoadOptions
    {
        private readonly Option<int?> _clients = NumberOption.Integer<int>(
            "--clients", "Clients that each wait for their answer before they ask again. Default: 4.");

        private readonly Option<double?> _rate = NumberOption.Real(
            "--rate", "Requests a second at random times, however many are under way; instead of --clients.");

        private readonly Option<string> _model = new("--model")
        {
            Description = "Model. Default: the first that is served.",
            DefaultValueFactory = _ => "",
        };

        private readonly Option<string[]> _labels = new("--label")
        {
            Description = "Classes, of which each request has a random one: numbers, names, none or ranges such as "
                + "0..999, several with commas between. Default: all of the model.",
        };

        private readonly Option<string?> _steps = new("--steps")
        {
            Description = "N, or a mix with weights such as 8:3,6:1. Default: the model's.",
        };

        private readonly Option<string> _counts = new("--count")
        {
            Description = "Images of a request, or a mix with weights such as 1:9,8:1.",
            DefaultValueFactory = _ => "1",
        };

        private readonly Option<double> _warmUp = NumberOption.Real("--warm-up", "Seconds before what is measured.", 5);

        private readonly Option<double?> _duration = NumberOption.Real(
            "--duration", "Seconds that are measured. Default: 30.");

        private readonly Option<int?> _requests = NumberOption.Integer<int>(
            "--requests", "Requests that are measured, instead of --duration.");

        private readonly Option<int> _seed = NumberOption.Integer("--seed", "Seed of times, labels and mixes.", 0);

        public void AddTo(Command command)
        {
            Option[] all =
                [_clients, _rate, _model, _labels, _steps, _counts, _warmUp, _duration, _requests, _seed];
            foreach (var option in all)
            {
                command.Options.Add(option);
            }
        }

        public string ModelOf(ParseResult result) => result.GetValue(_model)!;

        /// <summary>Checks what can be checked without the gateway.</summary>
        /// <exception cref="InputException">An option is out of its range, or two contradict.</exception>
        public void Check(ParseResult result) => Read(result, null);

        /// <param name="model">The model that is asked for; null while it is not known.</param>
        /// <exception cref="InputException">An option is out of its range, or two contradict.</exception>
        public LoadPlan Read(ParseResult result, Model? model)
        {
            var (clients, rate) = (result.GetValue(_clients), result.GetValue(_rate));
            var (duration, requests) = (result.GetValue(_duration), result.GetValue(_requests));
            if (clients is not null && rate is not null)
            {
                throw new UsageException("give either --clients or --rate.");
            }

            if (duration is not null && requests is not null)
            {
                throw new UsageException("give either --duration or --requests.");
            }

            var warmUp = result.GetValue(_warmUp);
            if (warmUp is < 0 or > LongestSeconds)
            {
                throw new UsageException(FormattableString.Invariant(
                    $"--warm-up is {warmUp}; allowed: 0 to {LongestSeconds}."));
            }

            return new LoadPlan(
                model?.Name ?? "",
                model is null ? [] : Labels(result.GetValue(_labels) ?? [], model),
                result.GetValue(_steps) is { } mix ? Steps(Mix.Parse("--steps", mix), model) : null,
                Mix.Parse("--count", result.GetValue(_counts)!),
                rate is null ? Limits.InRange("--clients", clients ?? 4, MostClients) : null,
                rate is { } perSecond ? Above0("--rate", perSecond, MostPerSecond) : null,
                TimeSpan.FromSeconds(warmUp),
                requests is null
                    ? TimeSpan.FromSeconds(Above0("--duration", duration ?? 30, LongestSeconds))
                    : null,
                requests is { } number ? Limits.InRange("--requests", number, MostRequests) : null,
                result.GetValue(_seed));
        }

        private static IReadOnlyList<string> Labels(string[] texts, Model model)
        {
            var names = new ClassNames(model.ClassNames, (int)model.Classes);
            var labels = texts.Length == 0
                ? Enumerable.Range(0, names.Count)
                : texts.SelectMany(names.Split).SelectMany(names.ParseAll);
            return [.. labels.Select(names.NumberOf)];
        }

        private static Mix Steps(Mix mix, Model? model)
        {
            foreach (var steps in mix.Values.Where(_ => model is not null).Except(model?.Steps ?? []))
            {
                throw new InvalidSettingException("--steps", $"{steps}", string.Join(", ", model!.Steps));
            }

            return mix;
        }
    }
}
