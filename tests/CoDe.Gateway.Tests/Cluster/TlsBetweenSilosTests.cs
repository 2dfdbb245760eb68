using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using CoDe.Testing.Certificates;
using Xunit;

namespace CoDe.Gateway.Tests.Cluster;

/// <summary>Two silos with TLS between them, and strangers at their ports.</summary>
public sealed class TlsBetweenSilosTests : TwoGatewayTests, IDisposable
{
    private const string Gateways = "gateway";

    private readonly TestAuthority _authority = new();
    private readonly TestAuthority _other = new();
    private readonly CertificateFiles _files;

    public TlsBetweenSilosTests()
        => _files = _authority.Issue(Gateways, TestAuthority.Server, TestAuthority.Client);

    protected override string[] Options =>
    [
        $"--Gateway:Peers:Certificate={_files.Certificate}", $"--Gateway:Peers:Key={_files.Key}",
        $"--Gateway:Peers:Authority={_authority.File}",
    ];

    protected override CertificateFiles StageCertificate => _authority.Issue("stage", TestAuthority.Server);

    [Fact]
    public async Task Requests_ThroughEitherGateway_AreDispatchedByTheFirst()
    {
        var answers = await Task.WhenAll(AskAsync(First, "1"), AskAsync(Second, "2")).WaitAsync(Patience);
        Assert.Equal([1, 2], answers.Select(answer => (int)answer.Images[0].Image.Data[0]));
    }

    [Fact]
    public async Task Port_OfASilo_PresentsTheGatewaysCertificate()
    {
        var (presented, stream) = await ConnectAsync(_files);
        await stream.DisposeAsync();
        Assert.Equal(_files.Thumbprint, presented);
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("expired")]
    [InlineData("foreign")]
    [InlineData("of another service")]
    [InlineData("of a server")]
    public async Task Stranger_AtThePortOfASilo_IsRefused(string kind)
    {
        var (_, stream) = await ConnectAsync(kind switch
        {
            "expired" => _authority.IssueExpired(),
            "foreign" => _other.Issue(Gateways, TestAuthority.Server, TestAuthority.Client),
            "of another service" => _authority.Issue("drafter", TestAuthority.Server, TestAuthority.Client),
            "of a server" => _authority.Issue(Gateways, TestAuthority.Server),
            _ => null,
        });
        await using (stream)
        {
            Assert.False(await IsKeptAsync(stream).WaitAsync(Patience));
        }
    }

    [Fact]
    public async Task Stranger_WithoutTlsAtThePortOfASilo_IsRefused()
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(SiloOf(First).Endpoint);
        await tcp.GetStream().WriteAsync(new byte[64]);
        Assert.False(await IsKeptAsync(tcp.GetStream()).WaitAsync(Patience));
    }

    public void Dispose()
    {
        _authority.Dispose();
        _other.Dispose();
    }

    /// <summary>Waits until a silo ends a connection that asks nothing of it, or says something.</summary>
    private static async Task<bool> IsKeptAsync(Stream stream)
    {
        try
        {
            return await stream.ReadAsync(new byte[1]) > 0;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Opens a connection to a silo, which may end it before the handshake is over.</summary>
    private async Task<(string Presented, SslStream Stream)> ConnectAsync(CertificateFiles? files)
    {
        var tcp = new TcpClient();
        await tcp.ConnectAsync(SiloOf(First).Endpoint);
        var (stream, presented) = (new SslStream(tcp.GetStream()), "");
        using var certificate = files?.Load();
        try
        {
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = Gateways,
                ApplicationProtocols = [new SslApplicationProtocol("Orleans1")],
                ClientCertificateContext = certificate is null
                    ? null
                    : SslStreamCertificateContext.Create(certificate, null, offline: true),
                EnabledSslProtocols = SslProtocols.Tls13,
                RemoteCertificateValidationCallback = (_, server, _, _) =>
                {
                    using var copy = X509CertificateLoader.LoadCertificate(server!.GetRawCertData());
                    presented = copy.Thumbprint;
                    return presented.Length > 0;
                },
            });
        }
        catch (IOException)
        {
            // The silo has refused before the client's part was over.
        }

        return (presented, stream);
    }
}
