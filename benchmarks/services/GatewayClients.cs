using CoDe.Protocol.V1;
using Grpc.Net.Client;

namespace CoDe.Benchmarks.Services;

/// <summary>Clients of some gateways, which get the requests in turn.</summary>
internal sealed class GatewayClients(SimulatedStages stages) : IDisposable
{
    private readonly GrpcChannel[] _channels = [.. stages.Gateways
        .Select(gateway => stages.Doors.Connect(gateway.Port))];

    private uint _asked;
    private int _answered;

    public int Answered => Volatile.Read(ref _answered);

    /// <summary>Asks for one image.</summary>
    public async Task AskAsync()
    {
        var channel = _channels[Interlocked.Increment(ref _asked) % _channels.Length];
        await new Generation.GenerationClient(channel).GenerateAsync(
            new GenerateRequest { Labels = { "0" }, Steps = 8, Format = ImageFormat.Rgb });
        Interlocked.Increment(ref _answered);
    }

    public void Dispose() => Array.ForEach(_channels, channel => channel.Dispose());
}
