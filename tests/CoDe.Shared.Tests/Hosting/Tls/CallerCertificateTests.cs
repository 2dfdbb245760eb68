using CoDe.Testing.Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Reflection.V1Alpha;
using Xunit;

namespace CoDe.Shared.Tests.Hosting.Tls;

/// <summary>A port that asks its callers for a certificate, by real handshakes.</summary>
public sealed class CallerCertificateTests : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly TestAuthority _other = new();

    [Fact]
    public async Task Caller_WithACertificateOfTheAuthority_IsAnswered()
    {
        await using var service = await StartAsync();
        foreach (var files in new[]
        {
            _authority.Issue("anything", TestAuthority.Client), _authority.Issue(), _authority.IssueByIntermediate(),
        })
        {
            using var channel = service.Connect(_authority.File, files);
            Assert.Equal(StatusCode.OK, await SmallService.AskAsync(channel));
        }
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("expired")]
    [InlineData("foreign")]
    [InlineData("of a server")]
    public async Task Caller_WithoutAGoodCertificate_IsNotAnswered(string kind)
    {
        await using var service = await StartAsync();
        using var channel = service.Connect(_authority.File, kind switch
        {
            "expired" => _authority.IssueExpired(),
            "foreign" => _other.Issue(),
            "of a server" => _authority.Issue("localhost", TestAuthority.Server),
            _ => null,
        });
        Assert.NotEqual(StatusCode.OK, await SmallService.AskAsync(channel));
        using var good = service.Connect(_authority.File, _authority.Issue());
        Assert.Equal(StatusCode.OK, await SmallService.AskAsync(good));
    }

    [Fact]
    public async Task HttpPort_OfAServiceThatAsksCallers_AsksNobody()
    {
        await using var service = await StartAsync();
        using var client = SmallService.HttpClientOf(_authority.File);
        Assert.Equal("Healthy", await client.GetStringAsync(new Uri(service.Http, "health/ready")));
    }

    [Fact]
    public async Task Caller_OfAnAuthorityThatIsReplaced_IsRefusedOverItsOpenConnection()
    {
        var authorities = Copy(_authority.File);
        await using var service = await SmallService.StartAsync(_authority.Issue(), authorities);
        using var channel = service.Connect(_authority.File, _authority.Issue());
        Assert.Equal(StatusCode.OK, await SmallService.AskAsync(channel));

        CertificateFiles.Replace(_other.File, authorities);
        Assert.Equal(StatusCode.Unauthenticated, await FirstFailureAsync(channel));

        // It was asked to connect anew, which the handshake ends.
        Assert.NotEqual(StatusCode.OK, await SmallService.AskAsync(channel));
        using var other = service.Connect(_authority.File, _other.Issue());
        Assert.Equal(StatusCode.OK, await SmallService.AskAsync(other));
    }

    [Fact]
    public async Task Caller_WhoseCertificateExpires_IsRefusedOverItsOpenConnection()
    {
        await using var service = await StartAsync();
        using var channel = service.Connect(_authority.File, _authority.IssueFor(TimeSpan.FromSeconds(3)));
        Assert.Equal(StatusCode.OK, await SmallService.AskAsync(channel));
        Assert.Equal(StatusCode.Unauthenticated, await FirstFailureAsync(channel));
    }

    [Fact]
    public async Task Caller_ThatWasRefused_IsAnsweredOnceItsCertificateIsReplaced()
    {
        var authorities = Copy(_authority.File);
        var files = _authority.Issue();
        await using var service = await SmallService.StartAsync(_authority.Issue(), authorities);
        using var channel = service.Connect(_authority.File, files);
        Assert.Equal(StatusCode.OK, await SmallService.AskAsync(channel));
        CertificateFiles.Replace(_other.File, authorities);
        Assert.Equal(StatusCode.Unauthenticated, await FirstFailureAsync(channel));
        _other.Issue().Replace(files);
        await UntilAsync(async () => await SmallService.AskAsync(channel) == StatusCode.OK);
    }

    [Fact]
    public async Task Reflection_OverTheConnectionOfARefusedCaller_IsRefusedToo()
    {
        var authorities = Copy(_authority.File);
        await using var service = await SmallService.StartAsync(_authority.Issue(), authorities);
        using var channel = service.Connect(_authority.File, _authority.Issue());
        Assert.Equal(StatusCode.OK, await ReflectAsync(channel));
        CertificateFiles.Replace(_other.File, authorities);
        var status = StatusCode.OK;
        await UntilAsync(async () => (status = await ReflectAsync(channel)) != StatusCode.OK);
        Assert.Equal(StatusCode.Unauthenticated, status);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _other.Dispose();
    }

    private Task<SmallService> StartAsync() => SmallService.StartAsync(_authority.Issue(), _authority.File);

    /// <summary>Copies a file of authorities, which the service then follows.</summary>
    private static string Copy(string file)
    {
        File.Copy(file, $"{file}.followed");
        return $"{file}.followed";
    }

    private static async Task<StatusCode> FirstFailureAsync(GrpcChannel channel)
    {
        var status = StatusCode.OK;
        await UntilAsync(async () => (status = await SmallService.AskAsync(channel)) != StatusCode.OK);
        return status;
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(SmallService.Patience);
        while (!await condition())
        {
            await Task.Delay(50, patience.Token);
        }
    }

    private static async Task<StatusCode> ReflectAsync(GrpcChannel channel)
    {
        try
        {
            using var call = new ServerReflection.ServerReflectionClient(channel).ServerReflectionInfo();
            await call.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" });
            await call.RequestStream.CompleteAsync();
            Assert.True(await call.ResponseStream.MoveNext(default));
            return StatusCode.OK;
        }
        catch (RpcException error)
        {
            return error.StatusCode;
        }
    }
}
