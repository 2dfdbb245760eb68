using System.ComponentModel;
using System.Text.Json;
using CoDe.Testing;
using CoDe.Testing.Processes;

namespace CoDe.EndToEnd.Clients;

/// <summary>A client program of <c>tests/clients</c>.</summary>
internal sealed class ForeignClient(string language, string interpreter, string program)
{
    private static readonly JsonSerializerOptions LowerCase = new(JsonSerializerDefaults.Web);

    public static IReadOnlyList<ForeignClient> All { get; } =
        [new("python", "/usr/bin/python3", "client.py"), new("node", "node", "client.js")];

    public string Language => language;

    /// <summary>Runs all cases of a client.</summary>
    /// <param name="address">Host and port of the gateway.</param>
    public async Task<ClientReport> RunAsync(string address)
    {
        var path = Path.Combine(RepositoryPaths.Root, "tests", "clients", language, program);
        try
        {
            var run = await Command.RunAsync(interpreter, path, address);
            var cases = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse);
            return new ClientReport(language, [.. cases], run.Error);
        }
        catch (Win32Exception missing)
        {
            return new ClientReport(language, [], missing.Message);
        }
    }

    private static CaseReport Parse(string line) => JsonSerializer.Deserialize<CaseReport>(line, LowerCase)!;
}
