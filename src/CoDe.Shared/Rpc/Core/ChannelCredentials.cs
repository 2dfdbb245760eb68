namespace Grpc.Core;

/// <summary>Whether a channel is encrypted.</summary>
public abstract class ChannelCredentials
{
    /// <summary>Plain text.</summary>
    public static ChannelCredentials Insecure { get; } = new Kind(isSecure: false);

    /// <summary>TLS, trusting what the system trusts.</summary>
    public static ChannelCredentials SecureSsl { get; } = new Kind(isSecure: true);

    internal abstract bool IsSecure { get; }

    private sealed class Kind(bool isSecure) : ChannelCredentials
    {
        internal override bool IsSecure => isSecure;
    }
}
