using System.Text.Json;
using Grpc.Net.Client;
using Xunit;

namespace CoDe.Interop.Tests;

/// <summary>Every case of the contract: our client and server with each other, and each with what is installed of others.</summary>
[Collection(nameof(InteropTable))]
public sealed class InteroperabilityTests(InteropTable table)
{
    private const string Ours = "CoDe";

    public static IEnumerable<object[]> Cases => InteropCases.All.Keys.Select(name => new object[] { name });

    public static IEnumerable<object[]> PeersAndCases =>
        from peer in Peer.All
        where peer.Missing is null
        from name in InteropCases.All.Keys
        select new object[] { peer.Name, name };

    [PeerFact("grpcio")]
    public void Grpcio_IsInstalled() => Assert.Null(Peer.Named("grpcio").Missing);

    [PeerFact("grpc-js")]
    public void GrpcJs_IsInstalled() => Assert.Null(Peer.Named("grpc-js").Missing);

    [Theory]
    [MemberData(nameof(Cases))]
    public Task OurClient_AgainstOurServer_Passes(string name) => RunOurs(name, Ours, table.OurPort);

    [Theory]
    [MemberData(nameof(PeersAndCases))]
    public void ForeignClient_AgainstOurServer_Passes(string peer, string name)
    {
        var (result, detail) = table.ResultOf(peer, name);
        table.Record(name, peer, Ours, result, detail);
        Assert.True(result != "failed", detail);
    }

    [Theory]
    [MemberData(nameof(PeersAndCases))]
    public async Task OurClient_AgainstForeignServer_Passes(string peer, string name)
    {
        if (table.LackOf(peer, name) is { } reason)
        {
            table.Record(name, Ours, peer, "lacking", reason);
            return;
        }

        await RunOurs(name, peer, table.PortOf(peer));
    }

    [PeerFact("grpc-js")]
    public void ForeignReflectionClient_CallsWithoutAContract()
    {
        var answer = JsonDocument.Parse(Peer.Named("grpc-js").Print("reflect", table.OurPort)).RootElement;
        Assert.Equal(5, answer.GetProperty("size").GetInt32());
        Assert.Contains("grpc.testing.TestService", answer.GetProperty("services").EnumerateArray().Select(service => service.GetString()));
    }

    private async Task RunOurs(string name, string server, int port)
    {
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        table.Record(name, Ours, server, "failed");
        await InteropCases.All[name](channel).WaitAsync(TimeSpan.FromSeconds(30));
        table.Record(name, Ours, server, "passed");
    }
}
