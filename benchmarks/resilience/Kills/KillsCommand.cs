using System.CommandLine;
using CoDe.Protocol.V1;
using CoDe.Resilience.Load;
using CoDe.Testing.Certificates;

namespace CoDe.Resilience.Kills;

/// <summary><c>kills</c>: processes are killed and connections cut under steady load.</summary>
internal static class KillsCommand
{
    private const double ShareOfCapacity = 0.5;
    private const double SecondsForCapacity = 5;
    private const int ClientsForCapacity = 32;

    public static Command Create()
    {
        var seconds = new Option<double>("--seconds") { Description = "Of load.", DefaultValueFactory = _ => 60 };
        var deadline = new Option<double>("--deadline")
        {
            Description = "Seconds that each request may take.",
            DefaultValueFactory = _ => 30,
        };
        const string Description = "Kill refiners and the only drafter, and cut connections, under steady load; "
            + "exit code 1 if a request was lost.";
        var closed = Channels.ClosedOption();
        var command = new Command("kills", Description) { seconds, deadline, closed };
        command.SetAction((arguments, cancellation) => RunAsync(
            arguments.GetValue(seconds), arguments.GetValue(deadline),
            arguments.GetValue(closed) ? Doors.Closed() : Doors.Open(), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(
        double seconds, double deadline, Doors doors, CancellationToken cancellation)
    {
        await using var services = await FailingServices.StartAsync(doors);
        using var plain = Channels.To(doors, services.Port);
        using var retrying = Channels.RetryingTo(doors, services.Port);
        Generation.GenerationClient[] clients = [new(retrying), new(plain)];
        var expected = await ExpectedImages.MakeAsync(clients[0]);
        Task Send(int number)
            => expected.GenerateAsync(clients[number % clients.Length], number, Channels.Deadline(deadline));

        // The first seconds run on code that is not yet compiled for speed.
        await new LoadClock().ClosedAsync(ClientsForCapacity, SecondsForCapacity, Send, cancellation);
        var outcomes = await new LoadClock().ClosedAsync(ClientsForCapacity, SecondsForCapacity, Send, cancellation);
        var capacity = outcomes.Count(outcome => outcome.IsAnswered) / SecondsForCapacity;
        var rate = capacity * ShareOfCapacity;
        await Console.Out.WriteLineAsync(
            $"Capacity {capacity:N0} requests/s of an image each; offered {rate:N0} a second for {seconds:N0} s, "
            + $"with a deadline of {deadline:N0} s each.\n");

        var clock = new LoadClock();
        var load = clock.OpenAsync(rate, seconds, Send, cancellation);
        var happened = await HappenAsync(clock, services.Events, seconds, cancellation);
        var report = new KillsReport(await load, happened, number => number % clients.Length == 0);
        await Console.Out.WriteLineAsync(report.Text(expected.Different));
        return report.Lost == 0 && expected.Different == 0 ? 0 : 1;
    }

    /// <summary>Has the events happen, at equal intervals.</summary>
    private static async Task<IReadOnlyList<HappenedEvent>> HappenAsync(
        LoadClock clock, IReadOnlyList<FailureEvent> events, double seconds, CancellationToken cancellation)
    {
        var happened = new List<HappenedEvent> { new(new FailureEvent("nothing", () => Task.CompletedTask), 0) };
        foreach (var each in events)
        {
            var at = seconds * happened.Count / (events.Count + 1);
            await Task.Delay(TimeSpan.FromSeconds(Math.Max(0, at - clock.Now)), cancellation);
            happened.Add(new HappenedEvent(each, clock.Now));
            await each.Happen();
        }

        return happened;
    }
}
