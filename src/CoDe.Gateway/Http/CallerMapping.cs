using CoDe.Gateway.Requests;

namespace CoDe.Gateway.Http;

/// <summary>Finds who calls.</summary>
internal static class CallerMapping
{
    /// <summary>
    /// Names the caller by its address alone: a browser uses several connections. HTTP has no deadline; a disconnect
    /// cancels the request.
    /// </summary>
    public static Caller ToCaller(this HttpContext http)
        => new(
            $"{http.Connection.RemoteIpAddress}", DateTime.MaxValue, http.Response.RegisterForDispose,
            http.RequestAborted);
}
