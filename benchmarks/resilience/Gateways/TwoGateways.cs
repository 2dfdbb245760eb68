using CoDe.Protocol.V1;
using CoDe.Resilience.Load;
using CoDe.Testing.Processes;

namespace CoDe.Resilience.Gateways;

/// <summary>Two gateways that share a Redis, and simulated stages, each a process.</summary>
internal sealed class TwoGateways : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _parts = [];

    private TwoGateways()
    {
    }

    /// <summary>The gateway that dispatches for both.</summary>
    public ServiceProcess Dispatching { get; private set; } = null!;

    public ServiceProcess Other { get; private set; } = null!;

    /// <param name="milliseconds">Time of a batch in each stage.</param>
    public static async Task<TwoGateways> StartAsync(double milliseconds)
    {
        var gateways = new TwoGateways();
        var redis = gateways.Own(await RedisServer.StartAsync());
        var drafter = gateways.Own(await ServiceProcess.StartSimulatedStageAsync("drafter", milliseconds));
        var refiner = gateways.Own(await ServiceProcess.StartSimulatedStageAsync("refiner", milliseconds));
        string[] options =
        [
            redis.Setting, "--Gateway:SiloHost=127.0.0.1", "--Gateway:SiloPort=0",
            $"--Gateway:Drafters:0=http://127.0.0.1:{drafter.Port}",
            $"--Gateway:Refiners:0=http://127.0.0.1:{refiner.Port}",
        ];
        gateways.Dispatching = gateways.Own(await ServiceProcess.StartGatewayAsync(options));
        gateways.Other = gateways.Own(await ServiceProcess.StartGatewayAsync(options));
        return gateways;
    }

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

    public async ValueTask DisposeAsync()
    {
        _parts.Reverse();
        foreach (var part in _parts)
        {
            await part.DisposeAsync();
        }
    }

    private static async Task SendAsync(Grpc.Net.Client.GrpcChannel channel, int number)
        => await new Generation.GenerationClient(channel).GenerateAsync(
            new GenerateRequest { Labels = { "1" }, Seed = (ulong)number, Format = ImageFormat.Rgb },
            deadline: Channels.Deadline(30));

    private T Own<T>(T part)
        where T : IAsyncDisposable
    {
        _parts.Add(part);
        return part;
    }
}
