using System.Text.Json.Serialization;

namespace CoDe.Benchmarks.Grpc;

/// <summary>What a load measured.</summary>
/// <param name="MegabytesPerSecond">Payloads, both ways.</param>
/// <param name="AllocatedPerCall">Managed bytes of the client's process; 0 where it cannot tell.</param>
public sealed record Measurement(
    [property: JsonPropertyName("calls_per_s")] double CallsPerSecond,
    [property: JsonPropertyName("p50_ms")] double P50,
    [property: JsonPropertyName("p99_ms")] double P99,
    [property: JsonPropertyName("mb_per_s")] double MegabytesPerSecond,
    [property: JsonPropertyName("allocated_per_call")] double AllocatedPerCall)
{
    public static Measurement Of(double[] latencies, double seconds, int size, long allocated)
    {
        Array.Sort(latencies);
        return new Measurement(
            latencies.Length / seconds, latencies[latencies.Length / 2], latencies[(int)(latencies.Length * 0.99)],
            2.0 * size * latencies.Length / seconds / 1e6, (double)allocated / latencies.Length);
    }
}
