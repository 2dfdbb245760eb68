using System.Diagnostics;
using Grpc.Core;

namespace CoDe.Resilience.Load;

/// <summary>Sends requests and records how each went.</summary>
internal sealed class LoadClock
{
    private readonly long _began = Stopwatch.GetTimestamp();

    /// <summary>Seconds since the load began.</summary>
    public double Now => Stopwatch.GetElapsedTime(_began).TotalSeconds;

    /// <summary>Sends so many a second, whatever becomes of them, and waits for all.</summary>
    /// <param name="send">Is given the request's number, from 0.</param>
    public async Task<Outcome[]> OpenAsync(
        double perSecond, double seconds, Func<int, Task> send, CancellationToken cancellation)
    {
        var (first, sent) = (Now, new List<Task<Outcome>>());
        for (double due = first; due < first + seconds; due = first + (sent.Count / perSecond))
        {
            if (due - Now is > 0 and var early)
            {
                await Task.Delay(TimeSpan.FromSeconds(early), cancellation);
            }

            sent.Add(SendAsync(sent.Count, due, send));
        }

        return await Task.WhenAll(sent);
    }

    /// <summary>Runs clients that each send when their last request was answered.</summary>
    public async Task<Outcome[]> ClosedAsync(
        int clients, double seconds, Func<int, Task> send, CancellationToken cancellation)
    {
        var (end, number) = (Now + seconds, -1);
        var all = await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
        {
            var outcomes = new List<Outcome>();
            while (Now < end)
            {
                cancellation.ThrowIfCancellationRequested();
                outcomes.Add(await SendAsync(Interlocked.Increment(ref number), Now, send));
            }

            return outcomes;
        }));
        return [.. all.SelectMany(outcomes => outcomes)];
    }

    private async Task<Outcome> SendAsync(int number, double due, Func<int, Task> send)
    {
        try
        {
            await send(number);
            return new Outcome(number, due, Now, Status.DefaultSuccess);
        }
        catch (RpcException error)
        {
            return new Outcome(number, due, Now, error.Status);
        }
    }
}
