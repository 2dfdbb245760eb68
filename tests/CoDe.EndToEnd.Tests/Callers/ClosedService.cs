using CoDe.Protocol;
using CoDe.Testing.Processes;
using Xunit;

namespace CoDe.EndToEnd.Callers;

/// <summary>A gateway process that wants keys, which <c>code keys new</c> made.</summary>
public sealed class ClosedService : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("code-keys-").FullName;
    private ServiceProcess? _process;

    internal string Address => $"127.0.0.1:{_process!.Port}";

    internal IEnumerable<string> Log => _process!.Lines;

    /// <summary>Key of a caller that may generate.</summary>
    internal string Key { get; private set; } = "";

    /// <summary>File that holds <see cref="Key"/>.</summary>
    internal string KeyFile => Path.Combine(_folder, "key");

    public async Task InitializeAsync()
    {
        var made = await CodeProgram.TryAsync([], "keys", "new", "--name", "alice");
        var lines = made.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal((0, 2), (made.ExitCode, lines.Length));
        Key = lines[0];
        Assert.Equal($"alice {ApiKey.DigestOf(Key)} roles=generate", lines[1]);
        await File.WriteAllTextAsync(KeyFile, Key + "\n");
        var keys = Path.Combine(_folder, "keys");
        await File.WriteAllTextAsync(keys, lines[1]);
        _process = await ServiceProcess.StartGatewayAsync($"--Gateway:Callers:KeyFile={keys}");
    }

    public async Task DisposeAsync()
    {
        await (_process?.DisposeAsync() ?? ValueTask.CompletedTask);
        Directory.Delete(_folder, recursive: true);
    }
}
