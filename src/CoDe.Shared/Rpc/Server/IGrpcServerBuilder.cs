using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>For further set-up after <c>AddGrpc</c>.</summary>
public interface IGrpcServerBuilder
{
    IServiceCollection Services { get; }
}
