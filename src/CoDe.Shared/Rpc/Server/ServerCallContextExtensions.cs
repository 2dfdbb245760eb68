using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Http;

namespace Grpc.Core;

public static class ServerCallContextExtensions
{
    /// <summary>The HTTP request that carries a call.</summary>
    /// <exception cref="InvalidOperationException">The context is of another server.</exception>
    public static HttpContext GetHttpContext(this ServerCallContext serverCallContext)
        => (serverCallContext as HttpContextServerCallContext)?.Http
            ?? throw new InvalidOperationException("The call is not carried by ASP.NET Core.");
}
