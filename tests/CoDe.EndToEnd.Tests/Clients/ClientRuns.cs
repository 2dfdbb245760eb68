using System.Text;
using CoDe.Testing;
using CoDe.Testing.Processes;
using Xunit;

namespace CoDe.EndToEnd.Clients;

/// <summary>Runs every foreign client once, one after the other, against one gateway.</summary>
public sealed class ClientRuns : IAsyncLifetime
{
    /// <summary>Images that may wait, which one case overflows.</summary>
    private const string QueueLimit = "--Gateway:QueueLimit=512";

    private readonly List<ClientReport> _reports = [];

    /// <summary>Gets all lines that the gateway wrote.</summary>
    internal IReadOnlyCollection<string> ServerLog { get; private set; } = [];

    internal ClientReport Of(string language) => _reports.Single(report => report.Language == language);

    public async Task InitializeAsync()
    {
        await using var gateway = await ServiceProcess.StartGatewayAsync(QueueLimit);
        foreach (var client in ForeignClient.All)
        {
            _reports.Add(await client.RunAsync($"127.0.0.1:{gateway.Port}"));
        }

        await gateway.StopAsync();
        ServerLog = gateway.Lines;
        await WriteTableAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    /// <summary>Writes a row a case and a column a language, which CI prints.</summary>
    private async Task WriteTableAsync()
    {
        var table = new StringBuilder();
        table.AppendLine($"| case | {string.Join(" | ", _reports.Select(report => report.Language))} |");
        table.AppendLine($"| --- |{string.Concat(_reports.Select(_ => " --- |"))}");
        foreach (var name in ForeignClientTests.Cases)
        {
            table.AppendLine($"| {name} | {string.Join(" | ", _reports.Select(report => CellOf(report.Of(name))))} |");
        }

        await File.WriteAllTextAsync(Path.Combine(RepositoryPaths.Root, "artifacts", "clients.md"), table.ToString());
    }

    private static string CellOf(CaseReport report) => report.Error is null ? report.Result : "FAILED";
}
