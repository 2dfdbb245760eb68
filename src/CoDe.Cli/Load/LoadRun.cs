using System.Collections.Concurrent;
using CoDe.Planning;
using CoDe.Protocol.V1;

namespace CoDe.Cli.Load;

/// <summary>Sends the requests of a plan and measures them.</summary>
/// <param name="ask">Sends a request; returns the status of one that failed.</param>
internal sealed class LoadRun(
    LoadPlan plan, Func<GenerateRequest, CancellationToken, Task<string?>> ask, TimeProvider time)
{
    /// <summary>Pause of a client whose request failed: it would ask a service that refuses without end.</summary>
    private static readonly TimeSpan FailurePause = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentQueue<LoadSample> _samples = new();
    private readonly LoadRequests _requests = new(plan);
    private readonly long _start = time.GetTimestamp();
    private int _measured;

    private TimeSpan Now => time.GetElapsedTime(_start);

    /// <summary>Runs until every request has ended. An instance runs once.</summary>
    /// <returns>Requests of the warm-up too, in the order of their ends.</returns>
    public async Task<IReadOnlyList<LoadSample>> RunAsync(CancellationToken cancellation)
    {
        await (plan.Rate is { } rate
            ? OpenAsync(rate, cancellation)
            : Task.WhenAll(Enumerable.Range(0, plan.Clients ?? 1).Select(_ => ClientAsync(cancellation))));
        return [.. _samples];
    }

    /// <summary>Asks again after each answer.</summary>
    private async Task ClientAsync(CancellationToken cancellation)
    {
        for (var due = Now; IsPlanned(due); due = Now)
        {
            if (!await AskAsync(due, cancellation))
            {
                await Task.Delay(FailurePause, time, cancellation);
            }
        }
    }

    /// <summary>Sends at random times, whatever became of earlier requests.</summary>
    private async Task OpenAsync(double rate, CancellationToken cancellation)
    {
        var asked = new List<Task>();
        foreach (var due in Arrivals.AtRandom(rate, plan.Seed).TakeWhile(IsPlanned))
        {
            if (due - Now is { Ticks: > 0 } pause)
            {
                // A delay is cut to whole milliseconds, and a request that is sent too early would seem fast.
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(pause.TotalMilliseconds)), time, cancellation);
            }

            asked.Add(AskAsync(due, cancellation));
        }

        await Task.WhenAll(asked);
    }

    /// <summary>Tells whether the plan has a request at a time, and counts it.</summary>
    private bool IsPlanned(TimeSpan due)
        => due < plan.WarmUp
            || (plan.Requests is { } most
                ? Interlocked.Increment(ref _measured) <= most
                : due < plan.WarmUp + plan.Duration);

    /// <returns>Whether the request was answered.</returns>
    private async Task<bool> AskAsync(TimeSpan due, CancellationToken cancellation)
    {
        var (request, sent) = (_requests.Next(), Now);
        var failure = await ask(request, cancellation);
        _samples.Enqueue(new LoadSample(
            due, sent, Now, request.HasSteps ? request.Steps : null, request.Count, failure));
        return failure is null;
    }
}
