namespace Grpc.Core;

/// <summary>How a channel, or one of its connections, stands (gRPC connectivity semantics).</summary>
public enum ConnectivityState
{
    /// <summary>Not connected, and not trying to be.</summary>
    Idle,
    Connecting,
    Ready,

    /// <summary>Connecting failed; it is tried again after a pause.</summary>
    TransientFailure,
    Shutdown,
}
