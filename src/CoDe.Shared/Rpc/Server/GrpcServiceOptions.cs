using System.IO.Compression;

namespace Grpc.AspNetCore.Server;

/// <summary>How services are served.</summary>
public class GrpcServiceOptions
{
    /// <summary>The largest message sent, in bytes; null for any.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>The largest message taken, in bytes; null for any.</summary>
    public int? MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    /// <summary>Whether what went wrong in a handler is told to the client.</summary>
    public bool? EnableDetailedErrors { get; set; }

    /// <summary><c>gzip</c>, or null for none.</summary>
    public string? ResponseCompressionAlgorithm { get; set; }

    /// <summary>Null for the fastest.</summary>
    public CompressionLevel? ResponseCompressionLevel { get; set; }

    /// <summary>Stand around every call; the first sees it first.</summary>
    public InterceptorCollection Interceptors { get; } = [];
}

/// <summary>How one service is served: as all are, unless changed.</summary>
public class GrpcServiceOptions<TService> : GrpcServiceOptions
    where TService : class;
