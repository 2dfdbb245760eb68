using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using CoDe.Testing.Certificates;
using CoDe.Testing.Processes;
using Grpc.Core;
using Xunit;

namespace CoDe.Shared.Tests.Hosting.Tls;

/// <summary>The certificate that a service presents on both ports, and what becomes of it while it serves.</summary>
public sealed class ServerTlsTests : IDisposable
{
    private readonly TestAuthority _authority = new();

    [Fact]
    public async Task Ports_WithACertificate_ServeWhoTrustsItsAuthority()
    {
        await using var service = await SmallService.StartAsync(_authority.Issue());
        using var channel = service.Connect(_authority.File);
        Assert.Equal(StatusCode.OK, await SmallService.AskAsync(channel));
        Assert.Equal("https", service.Http.Scheme);
        using var client = SmallService.HttpClientOf(_authority.File);
        Assert.Equal("Healthy", await client.GetStringAsync(new Uri(service.Http, "health/ready")));
    }

    [Fact]
    public async Task Client_OfAnotherAuthorityOrWithoutTls_GetsNoAnswer()
    {
        using var other = new TestAuthority();
        await using var service = await SmallService.StartAsync(_authority.Issue());
        using var foreign = service.Connect(other.File);
        Assert.NotEqual(StatusCode.OK, await SmallService.AskAsync(foreign));
        using var client = SmallService.HttpClientOf(other.File);
        var error = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(service.Http));
        Assert.IsType<AuthenticationException>(error.InnerException);
        using var plain = new HttpClient();
        var address = new UriBuilder(service.Http) { Scheme = "http" }.Uri;
        await Assert.ThrowsAsync<HttpRequestException>(() => plain.GetAsync(address));
    }

    [Fact]
    public async Task Client_ThatTrustsAnExpiredOrMisusedCertificate_RefusesIt()
    {
        foreach (var files in new[] { _authority.IssueExpired(), _authority.Issue("localhost", TestAuthority.Client) })
        {
            await using var service = await SmallService.StartAsync(files);
            using var channel = service.Connect(_authority.File);
            Assert.NotEqual(StatusCode.OK, await SmallService.AskAsync(channel));
        }
    }

    [Fact]
    public async Task Certificate_WithAnIntermediate_IsPresentedWithIt()
    {
        await using var service = await SmallService.StartAsync(_authority.IssueByIntermediate());
        using var channel = service.Connect(_authority.File);
        Assert.Equal(StatusCode.OK, await SmallService.AskAsync(channel));
    }

    [Fact]
    public async Task Certificate_ThatIsReplaced_IsPresentedWithoutARestartAndCostsNoConnection()
    {
        var files = _authority.Issue();
        await using var service = await SmallService.StartAsync(files);
        using var channel = service.Connect(_authority.File);
        Assert.Equal(StatusCode.OK, await SmallService.AskAsync(channel));
        var next = _authority.Issue();
        Assert.NotEqual(next.Thumbprint, await PresentedAsync(service.Port));
        next.Replace(files);
        await UntilPresentedAsync(service.Port, next);
        await UntilPresentedAsync(service.Http.Port, next);
        Assert.Equal(StatusCode.OK, await SmallService.AskAsync(channel));
    }

    /// <summary>Kubernetes swaps a link to a folder.</summary>
    [Fact]
    public async Task Certificate_BehindALinkThatIsSwapped_IsReplaced()
    {
        var folder = Directory.CreateTempSubdirectory("code-secret-").FullName;
        try
        {
            var (first, next) = (_authority.Issue(), _authority.Issue());
            Mount("1", first);
            File.CreateSymbolicLink(Path.Combine(folder, "..data"), "1");
            var files = new CertificateFiles(
                File.CreateSymbolicLink(Path.Combine(folder, "tls.crt"), "..data/tls.crt").FullName,
                File.CreateSymbolicLink(Path.Combine(folder, "tls.key"), "..data/tls.key").FullName);
            await using var service = await SmallService.StartAsync(files);
            Assert.Equal(first.Thumbprint, await PresentedAsync(service.Port));
            Mount("2", next);
            File.CreateSymbolicLink(Path.Combine(folder, "..new"), "2");
            await Command.RunAsync("mv", "-T", Path.Combine(folder, "..new"), Path.Combine(folder, "..data"));
            await UntilPresentedAsync(service.Port, next);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        void Mount(string name, CertificateFiles files)
        {
            var mounted = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
            File.Copy(files.Certificate, Path.Combine(mounted, "tls.crt"));
            File.Copy(files.Key, Path.Combine(mounted, "tls.key"));
        }
    }

    [Fact]
    public async Task Certificate_OfKestrelsSettings_IsPresentedAndReplaced()
    {
        var (files, next) = (_authority.Issue(), _authority.Issue());
        await using var pem = await SmallService.StartAsync(
            $"--Kestrel:Certificates:Default:Path={files.Certificate}",
            $"--Kestrel:Certificates:Default:KeyPath={files.Key}");
        var (pkcs12, later) = (_authority.Pkcs12(files, "secret"), _authority.Pkcs12(next, "secret"));
        await using var pfx = await SmallService.StartAsync(
            $"--Kestrel:Certificates:Default:Path={pkcs12}", "--Kestrel:Certificates:Default:Password=secret");
        Assert.Equal(files.Thumbprint, await PresentedAsync(pem.Port));
        Assert.Equal(files.Thumbprint, await PresentedAsync(pfx.Http.Port));
        next.Replace(files);
        CertificateFiles.Replace(later, pkcs12);
        await UntilPresentedAsync(pem.Http.Port, next);
        await UntilPresentedAsync(pfx.Port, next);
    }

    public void Dispose() => _authority.Dispose();

    private static async Task UntilPresentedAsync(int port, CertificateFiles files)
    {
        using var patience = new CancellationTokenSource(SmallService.Patience);
        while (await PresentedAsync(port) != files.Thumbprint)
        {
            await Task.Delay(50, patience.Token);
        }
    }

    /// <summary>Gets the thumbprint of the certificate that a port presents to a new connection.</summary>
    private static async Task<string> PresentedAsync(int port)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync("127.0.0.1", port);
        using var stream = new SslStream(tcp.GetStream());
        X509Certificate2? presented = null;
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            {
                presented = X509CertificateLoader.LoadCertificate(certificate!.GetRawCertData());
                return presented is not null;
            },
        });
        return presented!.Thumbprint;
    }
}
