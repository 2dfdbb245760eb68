using System.CommandLine;
using CoDe.Protocol.V1;
using CoDe.Resilience.Load;
using CoDe.Testing.Processes;

namespace CoDe.Resilience.Memory;

/// <summary><c>memory</c>: what the services hold under a steady load of everything that clients do.</summary>
internal static class MemoryCommand
{
    private const double ShareOfCapacity = 0.25;
    private const double SecondsForCapacity = 30;
    private const int ClientsForCapacity = 10;
    private const double SampleSeconds = 10;

    public static System.CommandLine.Command Create()
    {
        var minutes = new Option<double>("--minutes") { Description = "Of load.", DefaultValueFactory = _ => 10 };
        var simulated = new Option<bool>("--simulated")
        {
            Description = "Stages that take no time, so that many more requests pass the gateway.",
        };
        var collect = new Option<bool>("--collect")
        {
            Description = "Collect all garbage every second, so that the heap holds only live objects.",
        };
        const string Description = "Watch the memory of each service under a steady mixed load; "
            + "exit code 1 if one is not flat or a request ended as it should not.";
        var command = new System.CommandLine.Command("memory", Description) { minutes, simulated, collect };
        command.SetAction(async (arguments, cancellation) =>
        {
            Environment.SetEnvironmentVariable(StartupHook.Collect, arguments.GetValue(collect) ? "1" : null);
            var isSimulated = arguments.GetValue(simulated);
            await using var drafter = await WatchedProcess.StartAsync(
                () => isSimulated
                    ? ServiceProcess.StartSimulatedStageAsync("drafter", 0)
                    : ServiceProcess.StartDrafterAsync());
            await using var refiner = await WatchedProcess.StartAsync(
                () => isSimulated
                    ? ServiceProcess.StartSimulatedStageAsync("refiner", 0)
                    : ServiceProcess.StartRefinerAsync());
            await using var gateway = await WatchedProcess.StartAsync(() => ServiceProcess.StartGatewayAsync(
                $"--Gateway:Drafters:0=http://127.0.0.1:{drafter.Port}",
                $"--Gateway:Refiners:0=http://127.0.0.1:{refiner.Port}"));
            return await RunAsync(
                gateway.Port, [new("gateway", gateway), new("drafter", drafter), new("refiner", refiner)],
                60 * arguments.GetValue(minutes), cancellation);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        int port, IReadOnlyList<WatchedProcess> processes, double seconds, CancellationToken cancellation)
    {
        using var channel = Channels.To(port);
        var mixed = new MixedLoad(new Generation.GenerationClient(channel), port);
        var done = await new LoadClock().ClosedAsync(
            ClientsForCapacity, SecondsForCapacity, mixed.SendAsync, cancellation);
        var capacity = done.Length / SecondsForCapacity;
        await Console.Out.WriteLineAsync(
            $"Capacity {capacity:N0} mixed requests/s; offered {capacity * ShareOfCapacity:N0} a second "
            + $"for {seconds:N0} s.\n\n{MemoryReport.Header(processes)}");
        var clock = new LoadClock();
        var load = clock.OpenAsync(capacity * ShareOfCapacity, seconds, mixed.SendAsync, cancellation);
        for (var at = SampleSeconds; at <= seconds; at += SampleSeconds)
        {
            await Task.Delay(TimeSpan.FromSeconds(Math.Max(0, at - clock.Now)), cancellation);
            await Console.Out.WriteLineAsync(
                MemoryReport.Row(at, [.. processes.Select(process => process.Sample(at))]));
        }

        var report = new MemoryReport(processes, await load, mixed.NameOf);
        await Console.Out.WriteLineAsync(report.Text());
        return report.IsGood ? 0 : 1;
    }
}
