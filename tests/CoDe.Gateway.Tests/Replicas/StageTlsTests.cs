using CoDe.Hosting.Lifecycle;
using CoDe.Hosting.Startup;
using CoDe.Protocol.V1;
using CoDe.Testing.Certificates;
using CoDe.Worker;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace CoDe.Gateway.Tests.Replicas;

/// <summary>Mutual TLS between a gateway and a worker, by real handshakes.</summary>
public sealed class StageTlsTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TestAuthority _authority = new();
    private readonly TestAuthority _other = new();
    private string _clients = null!;
    private WebApplication _worker = null!;

    public Task InitializeAsync()
    {
        _clients = $"{_authority.File}.clients";
        File.Copy(_authority.File, _clients);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _worker.StopAsync();
        await _worker.DisposeAsync();
    }

    public void Dispose()
    {
        _authority.Dispose();
        _other.Dispose();
    }

    [Fact]
    public async Task Gateway_WithACertificateOfTheAuthority_IsServed()
    {
        await StartWorkerAsync(StageCertificate());
        await using var gateway = await StartAsync(_authority.Issue("gateway", TestAuthority.Client));
        Assert.Single((await AskAsync(gateway)).Images);
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("expired")]
    [InlineData("foreign")]
    [InlineData("of a server")]
    public async Task Gateway_WithoutAGoodCertificate_FindsNoStage(string kind)
    {
        await StartWorkerAsync(StageCertificate());
        await using var gateway = await StartAsync(kind switch
        {
            "expired" => _authority.IssueExpired(),
            "foreign" => _other.Issue(),
            "of a server" => _authority.Issue("gateway", TestAuthority.Server),
            _ => null,
        });
        Assert.Equal("No drafter is ready.", ObstacleOf(gateway));
    }

    [Theory]
    [InlineData("foreign")]
    [InlineData("of another name")]
    [InlineData("of a client")]
    [InlineData("expired")]
    public async Task Stage_WithoutAGoodCertificate_IsNotUsed(string kind)
    {
        var stage = kind switch
        {
            "foreign" => _other.Issue(),
            "of another name" => _authority.Issue("elsewhere", TestAuthority.Server),
            "of a client" => _authority.Issue("localhost", TestAuthority.Client),
            _ => _authority.IssueExpired(),
        };
        await StartWorkerAsync(stage);
        await using var gateway = await StartAsync(_authority.Issue());
        Assert.Equal("No drafter is ready.", ObstacleOf(gateway));

        StageCertificate().Replace(stage);
        await UntilAsync(gateway, isReady: true);
    }

    /// <summary>An open connection is of no use until the gateway follows.</summary>
    [Fact]
    public async Task Gateway_WhoseAuthorityIsReplacedAtTheStage_IsServedOnceItHasACertificateOfTheNewOne()
    {
        await StartWorkerAsync(StageCertificate());
        var files = _authority.Issue();
        await using var gateway = await StartAsync(files);
        Assert.Single((await AskAsync(gateway)).Images);

        CertificateFiles.Replace(_other.File, _clients);
        await UntilAsync(gateway, isReady: false);

        _other.Issue().Replace(files);
        await UntilAsync(gateway, isReady: true);
        Assert.Single((await AskAsync(gateway)).Images);
    }

    private static async Task<GenerateResponse> AskAsync(GatewayServer gateway)
        => await gateway.Client.GenerateAsync(new GenerateRequest { Labels = { "0" }, Steps = 8 });

    private static string? ObstacleOf(GatewayServer gateway)
        => gateway.Services.GetRequiredService<CoDe.Gateway.Replicas.StageReadiness>().Obstacle();

    private static async Task UntilAsync(GatewayServer gateway, bool isReady)
    {
        using var patience = new CancellationTokenSource(Patience);
        while ((ObstacleOf(gateway) is null) != isReady)
        {
            await Task.Delay(20, patience.Token);
        }
    }

    private CertificateFiles StageCertificate() => _authority.Issue("localhost", TestAuthority.Server);

    private async Task StartWorkerAsync(CertificateFiles files)
    {
        _worker = WorkerHost.Create(
        [
            "--Worker:Port=0", "--Worker:HttpPort=off", "--Logging:LogLevel:Default=None",
            "--Worker:Device:Threads=1", $"--Worker:Tls:Certificate={files.Certificate}",
            $"--Worker:Tls:Key={files.Key}", $"--Worker:Tls:ClientAuthority={_clients}",
        ]);
        await _worker.StartAndLoadAsync();
    }

    private Task<GatewayServer> StartAsync(CertificateFiles? files)
    {
        string[] addresses = [$"https://localhost:{ServiceHost.PortOf(_worker)}"];
        string[] certificate = files is null
            ? []
            : [$"--Gateway:Peers:Certificate={files.Certificate}", $"--Gateway:Peers:Key={files.Key}"];
        return GatewayServer.StartAsync(
            addresses, addresses,
            [.. certificate, $"--Gateway:Peers:Authority={_authority.File}", "--Gateway:CacheMegabytes=0"]);
    }
}
