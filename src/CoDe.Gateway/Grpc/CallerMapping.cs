using CoDe.Gateway.Requests;
using Grpc.Core;

namespace CoDe.Gateway.Grpc;

/// <summary>Finds who calls.</summary>
internal static class CallerMapping
{
    /// <summary>
    /// Names the caller by its credentials or else by its address alone: a client under load uses several connections.
    /// </summary>
    public static Caller ToCaller(this ServerCallContext context)
        => Caller.Of(context.GetHttpContext(), context.Deadline, context.CancellationToken);
}
