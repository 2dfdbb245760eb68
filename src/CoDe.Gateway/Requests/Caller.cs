using CoDe.Gateway.Callers;
using CoDe.Gateway.Callers.Quotas;

namespace CoDe.Gateway.Requests;

/// <summary>The caller of a request, as far as the work goes.</summary>
/// <param name="Name">Identifies the caller, who takes turns with others.</param>
/// <param name="Deadline">UTC; <see cref="DateTime.MaxValue"/> for none.</param>
/// <param name="DisposeOnceAnswered">
/// Is given what the request holds until its answer is sent or its client is gone.
/// </param>
/// <param name="Cancellation">Ends when the client is gone or the deadline has passed.</param>
internal readonly record struct Caller(
    string Name, DateTime Deadline, Action<IDisposable> DisposeOnceAnswered, CancellationToken Cancellation)
{
    /// <summary>Gets the identity by its credentials; null where callers are not told apart.</summary>
    public CallerIdentity? Identity { get; init; }

    public QuotaHolder? Quota
        => Identity is null ? null : new QuotaHolder(Identity.CallerName, Identity.Limits.ImagesPerMinute);

    /// <summary>Names a caller by its credentials, or else by its address.</summary>
    public static Caller Of(HttpContext http, DateTime deadline, CancellationToken cancellation)
    {
        var identity = CallerIdentity.Of(http);
        var name = identity?.CallerName ?? $"{http.Connection.RemoteIpAddress}";
        return new Caller(name, deadline, held => HoldUntilAnswered(http, held), cancellation)
        {
            Identity = identity,
        };
    }

    /// <summary>Kestrel never ends some responses that wait for a client which is gone.</summary>
    private static void HoldUntilAnswered(HttpContext http, IDisposable held)
    {
        http.Response.RegisterForDispose(held);
        http.RequestAborted.UnsafeRegister(static each => ((IDisposable)each!).Dispose(), held);
    }
}
