using CoDe.EndToEnd.Examples;
using CoDe.Testing.Certificates;
using CoDe.Testing.Processes;
using Xunit;

namespace CoDe.EndToEnd.Clients;

/// <summary>The examples and <c>code jobs</c> against a gateway with TLS.</summary>
public sealed class ClientsOverTlsTests(GatewayWithTls gateway) : IClassFixture<GatewayWithTls>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("code-images-").FullName;

    [Theory]
    [ClientData("python", "generate")]
    [ClientData("python", "stream")]
    [ClientData("node", "generate")]
    [ClientData("node", "stream")]
    public async Task Example_WithTheAuthority_SavesItsImage(string client, string program)
    {
        var result = await RunAsync(client, program, gateway.Authority);
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.True(File.Exists(Path.Combine(_folder, "00000_star.png")));
    }

    [Theory]
    [ClientData("python", "generate")]
    [ClientData("node", "generate")]
    public async Task Example_WithAnotherAuthority_EndsWithTheStatus(string client, string program)
    {
        var result = await RunAsync(client, program, gateway.OtherAuthority);
        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        // The library of Python logs the handshake before.
        var last = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
        Assert.StartsWith("UNAVAILABLE: ", last, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Jobs_WithTheAuthority_AreListed()
        => Assert.Equal((0, "", ""), await ListAsync("--authority", gateway.Authority));

    [Fact]
    public async Task Jobs_WithoutTheAuthority_EndInOneLine()
    {
        Assert.Contains("certificate", await FailureAsync(), StringComparison.Ordinal);
        Assert.Contains(
            "certificate", await FailureAsync("--authority", gateway.OtherAuthority), StringComparison.Ordinal);
        Assert.StartsWith(
            "code: --authority is /no/file: ", await FailureAsync("--authority", "/no/file"), StringComparison.Ordinal);
        Assert.Contains(
            "but --gateway is http://localhost:1/; allowed with it: https://name:port",
            await FailureAsync("--authority", gateway.Authority, "--gateway", "http://localhost:1"),
            StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<string> FailureAsync(params string[] options)
    {
        var (code, output, error) = await ListAsync(options);
        Assert.Equal((1, ""), (code, output));
        return Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private async Task<(int Code, string Output, string Error)> ListAsync(params string[] options)
    {
        string[] address = options.Contains("--gateway") ? [] : ["--gateway", $"https://localhost:{gateway.Port}"];
        var program = Path.Combine(AppContext.BaseDirectory, "code");
        var result = await Command.RunAsync(program, ["jobs", "list", .. address, .. options]);
        return (result.ExitCode, result.Output, result.Error);
    }

    private Task<CommandResult> RunAsync(string client, string program, string authority)
        => ExampleClient.Named(client).RunAsync(
            program, "--address", $"localhost:{gateway.Port}", "--authority", authority, "--output", _folder);
}

/// <summary>A gateway with TLS for all tests of a class.</summary>
public sealed class GatewayWithTls : IAsyncLifetime, IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly TestAuthority _other = new();
    private ServiceProcess? _process;

    internal string Authority => _authority.File;

    internal string OtherAuthority => _other.File;

    internal int Port => _process!.Port;

    public async Task InitializeAsync()
    {
        var files = _authority.Issue("localhost", TestAuthority.Server);
        _process = await ServiceProcess.StartGatewayAsync(
            $"--Gateway:Tls:Certificate={files.Certificate}", $"--Gateway:Tls:Key={files.Key}");
    }

    public async Task DisposeAsync() => await (_process?.DisposeAsync() ?? ValueTask.CompletedTask);

    public void Dispose()
    {
        _authority.Dispose();
        _other.Dispose();
    }
}
