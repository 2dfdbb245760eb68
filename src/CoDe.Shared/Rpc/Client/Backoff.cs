using System.Security.Cryptography;

namespace Grpc.Net.Client;

/// <summary>Pauses that grow, a fifth more or less so that clients do not come back all at once (gRPC connection backoff).</summary>
internal sealed record Backoff(TimeSpan Initial, TimeSpan Most, double Multiplier)
{
    private const double Jitter = 0.2;
    private const int Steps = 1 << 16;

    /// <summary>The pause after a number of failures, from 1.</summary>
    public TimeSpan After(int failures)
    {
        var pause = Math.Min(Initial.TotalSeconds * Math.Pow(Multiplier, failures - 1), Most.TotalSeconds);
        var spread = ((double)RandomNumberGenerator.GetInt32(Steps) / Steps * 2) - 1;
        return TimeSpan.FromSeconds(pause * (1 + (Jitter * spread)));
    }
}
