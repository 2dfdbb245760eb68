using CoDe.Gateway.Http.OpenApi;
using CoDe.Gateway.Timeline;
using CoDe.Protocol.V1;
using Google.Protobuf;

namespace CoDe.Gateway.Http;

/// <summary>Endpoint of the timeline: states and batches as events.</summary>
internal static class TimelineEndpoints
{
    public const string Path = "/v1/timeline";

    public static void MapTimeline(this IEndpointRouteBuilder endpoints)
    {
        var feed = endpoints.ServiceProvider.GetRequiredService<TimelineFeed>();
        endpoints.MapGet(Path, http => WatchAsync(http, feed)).WithMetadata(EndpointDescriptions.Timeline);
    }

    private static Task WatchAsync(HttpContext http, TimelineFeed feed)
    {
        var logger = http.RequestServices.GetRequiredService<ILogger<EventStream<TimelineEvent>>>();
        var stream = new EventStream<TimelineEvent>(http, NameAndData, _ => true, TimeProvider.System, logger);
        return stream.RunAsync(tell => feed.RunAsync(tell, http.RequestAborted));
    }

    private static (string Name, IMessage Data) NameAndData(TimelineEvent each)
        => each.EventCase == TimelineEvent.EventOneofCase.State ? ("state", each.State) : ("batch", each.Batch);
}
