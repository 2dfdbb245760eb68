namespace CoDe.Benchmarks.Services;

/// <summary>Measures the gain of more refiners where refining is the bottleneck.</summary>
/// <param name="Refine">Milliseconds of a batch.</param>
/// <param name="Gateways">Gateways that share a Redis, in turns for each request.</param>
internal sealed record Scaling(double Draft, double Refine, int Batch, TimeSpan Time, int Gateways = 1)
{
    public async Task RunAsync(TextWriter output)
    {
        await output.WriteLineAsync("| refiners | images/s | times one | p50 ms | p99 ms |\n|---|---|---|---|---|");
        var one = 0.0;
        foreach (var refiners in new[] { 1, 2, 3 })
        {
            var load = await MeasureAsync(refiners);
            one = refiners == 1 ? load.PerSecond : one;
            await output.WriteLineAsync(
                $"| {refiners} | {load.PerSecond:N0} | {load.PerSecond / one:N2} | {load.P50:N0} | {load.P99:N0} |");
        }
    }

    private async Task<LoadResult> MeasureAsync(int refiners)
    {
        await using var stages = await SimulatedStages.StartAsync(
            Gateways, isCluster: Gateways > 1, Draft, Refine, refiners, Batch);
        using var clients = new GatewayClients(stages);

        // A batch runs and one waits at each refiner and at the drafter, and one more is asked for.
        return await new Load(Batch * (2 * (refiners + 1) + 1), Time / 2, Time)
            .RunAsync(clients.AskAsync);
    }
}
