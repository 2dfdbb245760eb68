using System.Diagnostics;

namespace CoDe.Benchmarks.Services;

/// <summary>Clients that each ask again as soon as they are answered, for some time after a warm-up.</summary>
internal sealed record Load(int Clients, TimeSpan WarmUp, TimeSpan Time)
{
    /// <param name="ask">One request.</param>
    /// <param name="begin">Is done when the warm-up is over.</param>
    /// <param name="end">Is done when the time is up; requests under way then do not count.</param>
    public async Task<LoadResult> RunAsync(Func<Task> ask, Func<Task>? begin = null, Func<Task>? end = null)
    {
        using var over = new CancellationTokenSource();
        var latencies = new List<double>[Clients];
        var started = long.MaxValue;
        var clients = Enumerable.Range(0, Clients)
            .Select(client => Task.Run(() => AskAsync(latencies[client] = []))).ToArray();
        await Task.WhenAny(Task.Delay(WarmUp), Task.WhenAll(clients));
        await (begin?.Invoke() ?? Task.CompletedTask);
        Volatile.Write(ref started, Stopwatch.GetTimestamp());
        await Task.WhenAny(Task.Delay(Time), Task.WhenAll(clients));
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        await over.CancelAsync();
        await (end?.Invoke() ?? Task.CompletedTask);
        await Task.WhenAll(clients);
        return LoadResult.Of(latencies.SelectMany(each => each), seconds);

        async Task AskAsync(List<double> latencies)
        {
            while (!over.IsCancellationRequested)
            {
                var asked = Stopwatch.GetTimestamp();
                await ask();
                if (asked >= Volatile.Read(ref started) && !over.IsCancellationRequested)
                {
                    latencies.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
                }
            }
        }
    }
}

/// <summary>Measurements of a load; latencies in ms.</summary>
internal sealed record LoadResult(double PerSecond, double P50, double P99)
{
    public static LoadResult Of(IEnumerable<double> latencies, double seconds)
    {
        double[] sorted = [.. latencies.Order()];
        return sorted.Length == 0 ? throw new InvalidOperationException("Nothing was answered in the time.")
            : new LoadResult(sorted.Length / seconds, sorted[sorted.Length / 2], sorted[(int)(sorted.Length * 0.99)]);
    }
}
