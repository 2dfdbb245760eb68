using Microsoft.Net.Http.Headers;

namespace CoDe.Gateway.Http;

/// <summary>Chooses the media type of an answer by <c>Accept</c> (RFC 9110, section 12.5.1).</summary>
internal static class ContentNegotiation
{
    public const string Json = "application/json";
    public const string EventStream = "text/event-stream";

    /// <summary>Chooses among offers that a client has to name in full.</summary>
    /// <param name="offers">The first wins among equals.</param>
    /// <returns>Null where the client names none of them.</returns>
    public static string? Named(HttpRequest request, IEnumerable<string> offers)
    {
        var accepted = request.GetTypedHeaders().Accept.Where(range => !range.MatchesAllSubTypes).ToList();
        return Best(accepted, offers);
    }

    /// <summary>Chooses among offers, any of which suits a client that sends no <c>Accept</c>.</summary>
    /// <param name="offers">The first wins among equals.</param>
    /// <returns>Null where the client accepts none of them.</returns>
    public static string? Acceptable(HttpRequest request, IReadOnlyList<string> offers)
    {
        var accepted = request.GetTypedHeaders().Accept;
        return accepted.Count == 0 ? offers[0] : Best(accepted, offers);
    }

    private static string? Best(IList<MediaTypeHeaderValue> accepted, IEnumerable<string> offers)
        => offers.Where(offer => Quality(accepted, offer) > 0).MaxBy(offer => Quality(accepted, offer));

    /// <summary>The quality of the most specific range that covers a type; 0 where none does.</summary>
    private static double Quality(IList<MediaTypeHeaderValue> accepted, string type)
    {
        var offer = new MediaTypeHeaderValue(type);
        var range = accepted.Where(offer.IsSubsetOf).MinBy(Breadth);
        return range is null ? 0 : range.Quality ?? 1;
    }

    private static int Breadth(MediaTypeHeaderValue range)
    {
        if (range.MatchesAllTypes)
        {
            return 2;
        }

        return range.MatchesAllSubTypes ? 1 : 0;
    }
}
