using CoDe.Drafter;
using CoDe.Hosting.Startup;
using CoDe.Shared.Tests.Hosting.Startup;
using CoDe.Testing.Certificates;
using Xunit;

namespace CoDe.Shared.Tests.Hosting.Tls;

/// <summary>Settings of certificates: what is wrong with them in one line, and a service that asks itself.</summary>
public sealed class TlsSettingsTests : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly string _text = typeof(TlsSettingsTests).Assembly.Location;

    [Fact]
    public async Task Service_WithAWrongCertificate_EndsInOneLine()
    {
        var (good, other) = (_authority.Issue(), _authority.Issue());
        foreach (var service in new[] { "drafter", "refiner", "worker", "gateway" })
        {
            await AssertAsync($"{service}:Tls:Key is missing", $"Certificate={good.Certificate}");
            await AssertAsync($"{service}:Tls:Certificate is missing", $"Key={good.Key}");
            await AssertAsync(
                $"{service}:Tls:Certificate is /no/file and {service}:Tls:Key is {good.Key}: Could not find",
                "Certificate=/no/file", $"Key={good.Key}");
            await AssertAsync(
                $"{service}:Tls:Certificate is {good.Certificate} and {service}:Tls:Key is {other.Key}: ",
                $"Certificate={good.Certificate}", $"Key={other.Key}");
            await AssertAsync(
                $"{service}:Tls:ClientAuthority is {_text}: it holds no certificate in PEM",
                $"Certificate={good.Certificate}", $"Key={good.Key}", $"ClientAuthority={_text}");
            await AssertAsync(
                $"Tls:ClientAuthority is {_authority.File}; it needs Tls:Certificate and Tls:Key",
                $"ClientAuthority={_authority.File}");

            Task AssertAsync(string message, params string[] settings) => ServiceRun.AssertOneLineAsync(
                service, [.. settings.Select(setting => $"--{service}:Tls:{setting}")], message);
        }
    }

    [Fact]
    public async Task Service_WithWrongSettingsOfKestrel_EndsInOneLine()
    {
        await ServiceRun.AssertOneLineAsync(
            "drafter", ["--Kestrel:Certificates:Default:Subject=localhost"],
            "Kestrel:Certificates:Default:Subject needs Kestrel:Certificates:Default:Path; "
                + "allowed: Path, KeyPath and Password");
        var file = _authority.Pkcs12(_authority.Issue(), "secret");
        await ServiceRun.AssertOneLineAsync(
            "drafter",
            [$"--Kestrel:Certificates:Default:Path={file}", "--Kestrel:Certificates:Default:Password=wrong"],
            $"Kestrel:Certificates:Default:Path is {file}: ");
    }

    [Fact]
    public async Task Gateway_WithWrongPeers_EndsInOneLine()
    {
        var good = _authority.Issue();
        string[] stages =
            ["--Gateway:Drafters:0=https://localhost:1", "--Gateway:Refiners:0=https://localhost:1"];
        string[] certificate =
            [$"--Gateway:Peers:Certificate={good.Certificate}", $"--Gateway:Peers:Key={good.Key}"];
        await ServiceRun.AssertOneLineAsync(
            "gateway", [.. stages, .. certificate],
            "Gateway:Peers:Authority is missing; Gateway:Peers:Certificate needs the authority of its peers");
        await ServiceRun.AssertOneLineAsync(
            "gateway", [.. stages, "--Gateway:Peers:Authority=/no/file"],
            "Gateway:Peers:Authority is /no/file: Could not find");
        await ServiceRun.AssertOneLineAsync(
            "gateway",
            [
                .. stages, .. certificate, $"--Gateway:Peers:Authority={_authority.File}",
                "--Gateway:Refiners:1=http://localhost:1",
            ],
            "Gateway has the address http://localhost:1; with Gateway:Peers allowed: https://name:port");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Healthcheck_OfAServiceWithTls_Exits0WithItsOwnCertificateAlone(bool asksCallers)
    {
        // A certificate of servers alone, which would not do for another caller.
        var files = _authority.Issue("small", TestAuthority.Server);
        string[] settings =
        [
            $"--Drafter:Tls:Certificate={files.Certificate}", $"--Drafter:Tls:Key={files.Key}",
            $"--Drafter:Tls:ClientAuthority={(asksCallers ? _authority.File : "")}",
        ];
        await using var service = await SmallService.StartAsync(
            [.. settings.Select(setting => setting.Replace("Drafter:", "Small:", StringComparison.Ordinal))]);
        Assert.Equal(0, await CheckAsync(settings));
        Assert.Equal(1, await CheckAsync([]));
        var other = _authority.Issue("small", TestAuthority.Server);
        Assert.Equal(1, await CheckAsync(
            [$"--Drafter:Tls:Certificate={other.Certificate}", $"--Drafter:Tls:Key={other.Key}"]));

        Task<int> CheckAsync(string[] more) => ServiceHost.RunAsync(
            "drafter", DrafterHost.DefaultPort, [$"--Drafter:Port={service.Port}", "--healthcheck", .. more],
            DrafterHost.Settings(), _ => throw new InvalidOperationException("It served."));
    }

    public void Dispose() => _authority.Dispose();
}
