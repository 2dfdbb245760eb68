using System.CommandLine;
using CoDe.Protocol.V1;
using CoDe.Resilience.Load;
using CoDe.Testing.Certificates;
using SimulatedServices = CoDe.Testing.Processes.SimulatedServices;

namespace CoDe.Resilience.Overload;

/// <summary><c>overload</c>: many times as much is asked as can be done.</summary>
internal static class OverloadCommand
{
    private const int ImagesOfARequest = 4;
    private const int ClientsForCapacity = 32;
    private const double SecondsForCapacity = 10;

    public static Command Create()
    {
        var seconds = new Option<double>("--seconds")
        {
            Description = "Seconds of each overload.",
            DefaultValueFactory = _ => 60,
        };
        var factor = new Option<double>("--factor")
        {
            Description = "Requests as a multiple of the capacity.",
            DefaultValueFactory = _ => 10,
        };
        var milliseconds = new Option<double>("--milliseconds")
        {
            Description = "Time of a batch of up to 8 images in each of the two simulated stages.",
            DefaultValueFactory = _ => 40,
        };
        var deadline = new Option<double>("--deadline")
        {
            Description = "Seconds that each request may take, where it has a deadline.",
            DefaultValueFactory = _ => 5,
        };
        const string Description = "Ask for many times the capacity; "
            + "exit code 1 if goodput is below 90 % of it, or anything ends other than answered or refused.";
        var closed = Channels.ClosedOption();
        var command = new Command("overload", Description)
        {
            seconds, factor, milliseconds, deadline, closed,
        };
        command.SetAction(async (arguments, cancellation) =>
        {
            using var doors = arguments.GetValue(closed) ? Doors.Closed() : Doors.Open();
            await using var services = await SimulatedServices.StartAsync(arguments.GetValue(milliseconds), doors);
            using var channel = Channels.To(doors, services.Port);
            var load = new Overloading(
                new Generation.GenerationClient(channel), arguments.GetValue(factor), arguments.GetValue(seconds));
            return await RunAsync(load, [arguments.GetValue(deadline), null], cancellation);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        Overloading load, IReadOnlyList<double?> deadlines, CancellationToken cancellation)
    {
        Task Send(int number) => load.GenerateAsync(ImagesOfARequest, null);
        await new LoadClock().ClosedAsync(ClientsForCapacity, SecondsForCapacity / 2, Send, cancellation);
        var done = await new LoadClock().ClosedAsync(ClientsForCapacity, SecondsForCapacity, Send, cancellation);
        var capacity = done.Count(outcome => outcome.Done <= SecondsForCapacity) / SecondsForCapacity;
        await Console.Out.WriteLineAsync(
            $"Capacity {capacity:N1} requests/s of {ImagesOfARequest} images, "
            + $"by {ClientsForCapacity} clients one after the other.\n\n{OverloadReport.Header}");
        List<OverloadReport> reports = [];
        foreach (var deadline in deadlines)
        {
            var outcomes = await new LoadClock().OpenAsync(capacity * load.Factor, load.Seconds, _ =>
                load.GenerateAsync(ImagesOfARequest, deadline), cancellation);
            reports.Add(new OverloadReport(deadline, capacity, load.Seconds, outcomes));
            await Console.Out.WriteLineAsync(reports[^1].Row());
        }

        foreach (var line in reports.SelectMany(report => report.Others()))
        {
            await Console.Out.WriteLineAsync(line);
        }

        return reports.All(report => report.IsGood) ? 0 : 1;
    }

    /// <summary>Client and size of an overload.</summary>
    private sealed record Overloading(Generation.GenerationClient Client, double Factor, double Seconds)
    {
        public async Task GenerateAsync(int images, double? deadline)
            => await Client.GenerateAsync(
                new GenerateRequest { Labels = { "1" }, Count = (uint)images, Seed = 1, Format = ImageFormat.Rgb },
                deadline: Channels.Deadline(deadline));
    }
}
