using System.Diagnostics;
using CoDe.EndToEnd.Examples;
using CoDe.Testing;
using CoDe.Testing.Certificates;
using CoDe.Testing.Processes;
using Xunit;

namespace CoDe.EndToEnd.Clients;

/// <summary>A gRPC client with another TLS library, against a stage that asks its callers for a certificate.</summary>
public sealed class TlsClientTests : IDisposable
{
    private const string Ok = "OK";

    private readonly TestAuthority _authority = new();
    private readonly TestAuthority _other = new();

    [Theory]
    [ClientData("python")]
    public async Task Client_WithEachCertificate_IsAnsweredWithTheGoodAlone(string language)
    {
        await using var drafter = await StartAsync(_authority.File);
        Assert.Equal(Ok, await AskOnceAsync(language, drafter, _authority, _authority.Issue()));
        CertificateFiles?[] refused =
        [
            null, _authority.IssueExpired(), _other.Issue(), _authority.Issue("localhost", TestAuthority.Server),
        ];
        foreach (var files in refused)
        {
            Assert.Equal("UNAVAILABLE", await AskOnceAsync(language, drafter, _authority, files));
        }

        Assert.Equal("UNAVAILABLE", await AskOnceAsync(language, drafter, _other, _authority.Issue()));
    }

    [Theory]
    [ClientData("python")]
    public async Task Client_OfAnAuthorityThatIsReplaced_IsUnauthenticatedOverItsOpenConnection(string language)
    {
        var authorities = $"{_authority.File}.followed";
        File.Copy(_authority.File, authorities);
        await using var drafter = await StartAsync(authorities);
        using var client = Start(language, drafter, _authority, _authority.Issue());
        Assert.Equal(Ok, await AskAsync(client));
        CertificateFiles.Replace(_other.File, authorities);
        var answer = Ok;
        while (answer == Ok)
        {
            answer = await AskAsync(client);
        }

        Assert.Equal("UNAUTHENTICATED", answer);
        Assert.Equal("UNAVAILABLE", await AskAsync(client));
        client.StandardInput.Close();
        await client.WaitForExitAsync();
    }

    public void Dispose()
    {
        _authority.Dispose();
        _other.Dispose();
    }

    private static async Task<string?> AskOnceAsync(
        string language, ServiceProcess drafter, TestAuthority authority, CertificateFiles? files)
    {
        using var client = Start(language, drafter, authority, files);
        var answer = await AskAsync(client);
        client.StandardInput.Close();
        await client.WaitForExitAsync();
        return answer;
    }

    private static async Task<string?> AskAsync(Process client)
    {
        await client.StandardInput.WriteLineAsync();
        return await client.StandardOutput.ReadLineAsync();
    }

    private static Process Start(
        string language, ServiceProcess drafter, TestAuthority authority, CertificateFiles? files)
    {
        string[] certificate = files is null ? [] : [files.Certificate, files.Key];
        return Process.Start(new ProcessStartInfo(
            "/usr/bin/python3",
            [
                Path.Combine(RepositoryPaths.Root, "tests", "clients", language, "tls.py"),
                $"localhost:{drafter.Port}", authority.File, .. certificate,
            ])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }

    private Task<ServiceProcess> StartAsync(string clients)
    {
        var files = _authority.Issue("localhost", TestAuthority.Server);
        return ServiceProcess.StartDrafterAsync(
            0, $"--Drafter:Tls:Certificate={files.Certificate}", $"--Drafter:Tls:Key={files.Key}",
            $"--Drafter:Tls:ClientAuthority={clients}");
    }
}
