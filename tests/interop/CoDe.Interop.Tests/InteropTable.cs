using System.Text;
using Xunit;

namespace CoDe.Interop.Tests;

/// <summary>Runs foreign clients once, and writes down what came of every case: <c>artifacts/interop.md</c>.</summary>
public sealed class InteropTable : IDisposable
{
    private readonly Dictionary<string, IReadOnlyDictionary<string, (string Result, string Detail)>> _clients = [];
    private readonly Dictionary<(string Case, string Client, string Server), string> _cells = [];
    private readonly List<string> _notes = [];
    private readonly Dictionary<string, PeerServer> _servers = [];
    private readonly Dictionary<string, IReadOnlyDictionary<string, string>> _lacks = [];
    private readonly PeerServer _server = PeerServer.StartOurs();

    public int OurPort => _server.Port;

    /// <summary>Where a foreign server listens.</summary>
    public int PortOf(string peer)
    {
        if (!_servers.TryGetValue(peer, out var server))
        {
            _servers[peer] = server = Peer.Named(peer).StartServer();
        }

        return server.Port;
    }

    /// <summary>Why a foreign server has no means for a case, or null.</summary>
    public string? LackOf(string peer, string name)
    {
        if (!_lacks.TryGetValue(peer, out var lacks))
        {
            _lacks[peer] = lacks = Peer.Named(peer).ServerLacks();
        }

        return lacks.GetValueOrDefault(name);
    }

    /// <summary>What a foreign client says of a case against our server.</summary>
    public (string Result, string Detail) ResultOf(string client, string name)
    {
        if (!_clients.TryGetValue(client, out var results))
        {
            _clients[client] = results = Peer.Named(client).RunClient(OurPort);
        }

        return results[name];
    }

    public void Record(string name, string client, string server, string result, string detail = "")
    {
        _cells[(name, client, server)] = result;
        if (detail.Length > 0)
        {
            _notes.Add($"- {name}, {client} client, {server} server: {detail}");
        }
    }

    public void Dispose()
    {
        _server.Dispose();
        _servers.Values.ToList().ForEach(server => server.Dispose());
        var columns = _cells.Keys.Select(key => (key.Client, key.Server)).Distinct().Order().ToArray();
        var table = new StringBuilder($"| case | {string.Join(" | ", columns.Select(column => $"{column.Client} to {column.Server}"))} |\n|---|{string.Concat(columns.Select(_ => "---|"))}\n");
        foreach (var name in InteropCases.All.Keys)
        {
            table.Append(System.Globalization.CultureInfo.InvariantCulture, $"| {name} | {string.Join(" | ", columns.Select(column => _cells.GetValueOrDefault((name, column.Client, column.Server), "")))} |\n");
        }

        table.AppendJoin('\n', _notes.Prepend("").Append(""));
        File.WriteAllText(Artifacts.PathOf("interop.md"), table.ToString());
    }
}

[CollectionDefinition(nameof(InteropTable))]
public sealed class InteropTests : ICollectionFixture<InteropTable>;
