using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using CoDe.Protocol;
using Google.Protobuf;

namespace CoDe.Gateway.Http;

/// <summary>Answers one request by server-sent events: those of its work, then <c>done</c> or <c>error</c>.</summary>
/// <param name="nameAndData">Tells the name and the data of an event.</param>
/// <param name="isProgress">Tells whether an event may be left out for a client that reads too slowly.</param>
/// <param name="time">Times the heartbeats.</param>
internal sealed class EventStream<T>(
    HttpContext http, Func<T, (string Name, IMessage Data)> nameAndData, Func<T, bool> isProgress, TimeProvider time,
    ILogger logger)
{
    /// <summary>A comment, which clients skip.</summary>
    private static readonly byte[] Heartbeat = [.. ":\n\n"u8];

    private readonly EventBuffer<T> _events = new(isProgress);

    /// <summary>Does the work and writes its events as they come.</summary>
    /// <param name="work">
    /// Is given what to call with an event, from any thread. Its failure is thrown before the first event, and an event
    /// after that.
    /// </param>
    public async Task RunAsync(Func<Action<T>, Task> work)
    {
        var working = WorkAsync(work);
        if (!await _events.Reader.WaitToReadAsync())
        {
            await working;
            return;
        }

        try
        {
            // nginx would hold events back.
            http.Response.Headers["X-Accel-Buffering"] = "no";
            await TypedResults.ServerSentEvents(ItemsAsync(working, http.RequestAborted)).ExecuteAsync(http);
        }
        finally
        {
            await working.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task WorkAsync(Func<Action<T>, Task> work)
    {
        try
        {
            await work(_events.Add);
        }
        finally
        {
            _events.Complete();
        }
    }

    private async IAsyncEnumerable<SseItem<string>> ItemsAsync(
        Task working, [EnumeratorCancellation] CancellationToken cancellation)
    {
        while (await WaitForMoreAsync(cancellation))
        {
            while (_events.Reader.TryRead(out var each))
            {
                yield return ItemOf(each);
            }
        }

        yield return await EndAsync(working);
    }

    /// <summary>Writes heartbeats between events: items are asked for only once those before are written.</summary>
    private async Task<bool> WaitForMoreAsync(CancellationToken cancellation)
    {
        var more = _events.Reader.WaitToReadAsync(cancellation).AsTask();
        while (!more.IsCompleted)
        {
            Task waiting = more;
            await waiting.WaitAsync(EventStream.HeartbeatInterval, time, CancellationToken.None)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!more.IsCompleted)
            {
                await http.Response.Body.WriteAsync(Heartbeat, cancellation);
            }
        }

        return await more;
    }

    private async Task<SseItem<string>> EndAsync(Task working)
    {
        try
        {
            await working;
            return new SseItem<string>("{}", "done");
        }
        catch (Exception error) when (!http.RequestAborted.IsCancellationRequested)
        {
            return new SseItem<string>(Answers.JsonOf(FailureStatus.Of(error, http.Request, logger)), "error");
        }
    }

    private SseItem<string> ItemOf(T each)
    {
        var (name, data) = nameAndData(each);
        return new SseItem<string>(Answers.JsonOf(data), name);
    }
}

/// <summary>Constants of all event streams.</summary>
internal static class EventStream
{
    /// <summary>Proxies close a connection that is silent for a minute, some after half of that.</summary>
    public static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(15);
}
