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
}
