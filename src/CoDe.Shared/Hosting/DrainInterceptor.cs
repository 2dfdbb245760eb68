using CoDe.Protocol;
using Grpc.Core;
using Microsoft.Extensions.Hosting;

namespace CoDe.Hosting;

/// <summary>Refuses new work once the service was told to end; what was accepted goes on.</summary>
internal sealed class DrainInterceptor(IHostApplicationLifetime lifetime) : CallWrapper
{
    protected override Task<T> AroundAsync<T>(ServerCallContext context, Func<Task<T>> answer)
        => lifetime.ApplicationStopping.IsCancellationRequested ? throw new RpcException(new Status(StatusCode.Unavailable, "The service is ending.")) : answer();
}
