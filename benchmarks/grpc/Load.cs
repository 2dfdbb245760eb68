using System.Diagnostics;
using Google.Protobuf;
using Grpc.Net.Client;
using Grpc.Testing;

namespace CoDe.Benchmarks.Grpc;

/// <summary>Calls of one kind, so many at a time, for some seconds.</summary>
/// <param name="Size">Bytes of the request's and of the response's payload; 0 for empty messages.</param>
public sealed record Load(int Concurrency, double Seconds, int Size)
{
    private const double WarmUp = 0.4;

    public async Task<Measurement> RunAsync(int port)
    {
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        var client = new TestService.TestServiceClient(channel);
        await RunAsync(client, TimeSpan.FromSeconds(Seconds * WarmUp));
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var started = Stopwatch.GetTimestamp();
        var latencies = await RunAsync(client, TimeSpan.FromSeconds(Seconds));
        var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return Measurement.Of(latencies, elapsed, Size, GC.GetTotalAllocatedBytes(precise: true) - before);
    }

    private async Task<double[]> RunAsync(TestService.TestServiceClient client, TimeSpan time)
    {
        var end = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
        var all = await Task.WhenAll(Enumerable.Range(0, Concurrency).Select(_ => Task.Run(() => CallUntilAsync(client, end))));
        return [.. all.SelectMany(latencies => latencies)];
    }

    private async Task<List<double>> CallUntilAsync(TestService.TestServiceClient client, long end)
    {
        var latencies = new List<double>();
        var request = new SimpleRequest { ResponseSize = Size, Payload = new Payload { Body = ByteString.CopyFrom(new byte[Size]) } };
        for (var start = Stopwatch.GetTimestamp(); start < end; start = Stopwatch.GetTimestamp())
        {
            if (Size == 0)
            {
                await client.EmptyCallAsync(new Empty());
            }
            else
            {
                await client.UnaryCallAsync(request);
            }

            latencies.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return latencies;
    }
}
