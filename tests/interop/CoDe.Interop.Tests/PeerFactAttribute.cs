using Xunit;

namespace CoDe.Interop.Tests;

/// <summary>A test that shows, by being skipped, that a foreign implementation is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PeerFactAttribute : FactAttribute
{
    public PeerFactAttribute(string peer) => Skip = Peer.Named(peer).Missing;
}
