using CoDe.Gateway.Requests;

namespace CoDe.Gateway.Http;

/// <summary>Finds who calls.</summary>
internal static class CallerMapping
{
    /// <summary>
    /// Names the caller by its credentials or else by its address alone: a browser uses several connections. HTTP has
    /// no deadline; a disconnect cancels the request.
    /// </summary>
    public static Caller ToCaller(this HttpContext http)
        => Caller.Of(http, DateTime.MaxValue, http.RequestAborted);
}
