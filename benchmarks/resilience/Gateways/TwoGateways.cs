using CoDe.Protocol.V1;
using CoDe.Resilience.Load;
using CoDe.Testing.Processes;

namespace CoDe.Resilience.Gateways;

/// <summary>Two gateways that share a Redis, and simulated stages, each a process.</summary>
internal sealed class TwoGateways(ServiceCluster services) : IAsyncDisposable
{
    /// <summary>The gateway that dispatches for both.</summary>
    public ServiceProcess Dispatching => services.Gateways[0].Process;

    public ServiceProcess Other => services.Gateways[1].Process;

    /// <param name="milliseconds">Time of a batch in each stage.</param>
    public static async Task<TwoGateways> StartAsync(double milliseconds)
        => new(await ServiceCluster.StartSimulatedAsync(milliseconds));

    /// <summary>Sends requests of an image to both, one after the other, and makes one gateway go away.</summary>
    /// <returns>The outcomes of the clients of each gateway.</returns>
    public async Task<(Outcome[] OfDispatching, Outcome[] OfOther)> LoseAsync(
        LossOfGateway loss, int clients, double secondsBefore, double secondsAfter, CancellationToken cancellation)
    {
        var clock = new LoadClock();
        using var first = Channels.To(Dispatching.Port);
        using var second = Channels.To(Other.Port);
        var seconds = secondsBefore + secondsAfter;
        var ofDispatching = clock.ClosedAsync(clients, secondsBefore, number => SendAsync(first, number), cancellation);
        var ofOther = clock.ClosedAsync(clients, seconds, number => SendAsync(second, number), cancellation);
        await Task.Delay(TimeSpan.FromSeconds(secondsBefore), cancellation);
        var lost = loss.HappenAsync(Dispatching);
        var outcomes = await ofOther;
        await lost;
        return (await ofDispatching, outcomes);
    }

    public ValueTask DisposeAsync() => services.DisposeAsync();

    private static async Task SendAsync(Grpc.Net.Client.GrpcChannel channel, int number)
        => await new Generation.GenerationClient(channel).GenerateAsync(
            new GenerateRequest { Labels = { "1" }, Seed = (ulong)number, Format = ImageFormat.Rgb },
            deadline: Channels.Deadline(30));
}
