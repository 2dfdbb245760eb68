using System.Diagnostics;
using CoDe.Testing;
using CoDe.Testing.Certificates;
using CoDe.Testing.Processes;
using Xunit;

namespace CoDe.EndToEnd.Deployment;

/// <summary><c>deploy/health</c>, by which containers check themselves, against service processes.</summary>
public sealed class ContainerHealthTests
{
    [Theory]
    [InlineData("Gateway__HttpPort")]
    [InlineData("GATEWAY__HTTPPORT")]
    [InlineData("Gateway:HttpPort")]
    public async Task Health_OfAServiceThatServes_Is0AtThePortOfItsSetting(string variable)
    {
        await using var gateway = await ServiceProcess.StartGatewayAsync();
        var port = $"{gateway.HttpAddress.Port}";
        Assert.Equal((0, ""), await RunAsync("Gateway", "1", (variable, port), ("Gateway__Host", "0.0.0.0")));
        Assert.Equal((0, ""), await RunAsync("Gateway", port));
    }

    [Fact]
    public async Task Health_OfAServiceThatTakesNoWork_Is1WithTheReason()
    {
        // Port 1 is reserved for a service that nobody runs.
        await using var gateway = await ServiceProcess.StartGatewayAsync(
            "--Gateway:Drafters:0=http://127.0.0.1:1", "--Gateway:Refiners:0=http://127.0.0.1:1");
        var (code, line) = await RunAsync("Gateway", $"{gateway.HttpAddress.Port}");
        Assert.Equal(1, code);
        Assert.StartsWith("gateway: not serving: {", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("any", "127.0.0.1")]
    [InlineData("127.0.0.2", "127.0.0.2")]
    public async Task Health_WhereNothingListens_Is1WithTheAddress(string host, string address)
        => Assert.Equal(
            (1, $"worker: nothing listens on {address}, port 1"),
            await RunAsync("Worker", "1", ("Worker__Host", host)));

    /// <summary>The program itself is asked where there is no HTTP port.</summary>
    [Fact]
    public async Task Health_WithoutAnHttpPort_IsThatOfGrpc()
    {
        var drafter = await ServiceProcess.StartDrafterAsync();
        (string, string)[] settings = [("Drafter__HttpPort", "off"), ("Drafter__Port", $"{drafter.Port}")];
        Assert.Equal((0, ""), await RunAsync("Drafter", "8082", settings));
        await drafter.DisposeAsync();
        Assert.Equal(1, (await RunAsync("Drafter", "8082", settings)).Code);
    }

    /// <summary>The program itself is asked where the ports have TLS, also for a certificate.</summary>
    [Fact]
    public async Task Health_OfAServiceWithTls_IsThatOfGrpc()
    {
        using var authority = new TestAuthority();
        var files = authority.Issue("drafter", TestAuthority.Server);
        (string Name, string Value)[] settings =
        [
            ("Drafter__Tls__Certificate", files.Certificate), ("Drafter__Tls__Key", files.Key),
            ("Drafter__Tls__ClientAuthority", authority.File),
        ];
        await using var drafter = await ServiceProcess.StartDrafterAsync(
            0, ["--Drafter:HttpPort=0"], settings.ToDictionary());
        var (http, grpc) = ($"{drafter.HttpAddress.Port}", ("Drafter__Port", $"{drafter.Port}"));
        Assert.Equal((0, ""), await RunAsync("Drafter", http, [.. settings, grpc]));
        Assert.Equal(1, (await RunAsync("Drafter", http, grpc)).Code);
    }

    private static async Task<(int Code, string Error)> RunAsync(
        string service, string port, params (string Name, string Value)[] variables)
    {
        var script = Path.Combine(RepositoryPaths.Root, "deploy", "health");
        // As in the images, where a service is started in its own folder.
        var start = new ProcessStartInfo(script, [service, port]) { WorkingDirectory = AppContext.BaseDirectory };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        var result = await Command.RunAsync(start);
        Assert.Empty(result.Output);
        return (result.ExitCode, result.Error.TrimEnd());
    }
}
