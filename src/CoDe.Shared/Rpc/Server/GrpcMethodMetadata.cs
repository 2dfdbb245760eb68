using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>Says of an endpoint which method of which service it serves.</summary>
public sealed class GrpcMethodMetadata(Type serviceType, IMethod method)
{
    public Type ServiceType { get; } = serviceType;

    public IMethod Method { get; } = method;
}
