using System.Net;
using System.Net.ServerSentEvents;
using CoDe.Protocol.V1;
using Google.Protobuf;
using Xunit;

namespace CoDe.Gateway.Tests.Http;

/// <summary>Reader of <c>/v1/timeline</c>.</summary>
internal sealed class TimelineReader : IAsyncDisposable
{
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(30));
    private readonly HttpResponseMessage _response;
    private readonly IAsyncEnumerator<SseItem<string>> _events;

    private TimelineReader(HttpResponseMessage response, Stream body)
    {
        _response = response;
        _events = SseParser.Create(body).EnumerateAsync(_patience.Token).GetAsyncEnumerator(_patience.Token);
    }

    public static async Task<TimelineReader> OpenAsync(GatewayServer gateway)
    {
        var response = await gateway.Http.GetAsync("/v1/timeline", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return new TimelineReader(response, await response.Content.ReadAsStreamAsync());
    }

    /// <summary>Reads the next event, as its name and data.</summary>
    public async Task<SseItem<string>> NextAsync()
    {
        Assert.True(await _events.MoveNextAsync());
        return _events.Current;
    }

    /// <summary>Reads on to a state that has something.</summary>
    public async Task<TimelineState> StateAsync(Func<TimelineState, bool> condition)
    {
        while (true)
        {
            var each = await NextAsync();
            if (each.EventType == "state" && Parse<TimelineState>(each) is var state && condition(state))
            {
                return state;
            }
        }
    }

    /// <summary>Reads on until this many batches came.</summary>
    public async Task<List<DeviceBatch>> BatchesAsync(int count)
    {
        var batches = new List<DeviceBatch>();
        while (batches.Count < count)
        {
            var each = await NextAsync();
            if (each.EventType == "batch")
            {
                batches.Add(Parse<DeviceBatch>(each));
            }
        }

        return batches;
    }

    public async ValueTask DisposeAsync()
    {
        await _events.DisposeAsync();
        _response.Dispose();
        _patience.Dispose();
    }

    private static T Parse<T>(SseItem<string> item)
        where T : IMessage<T>, new() => JsonParser.Default.Parse<T>(item.Data);
}
