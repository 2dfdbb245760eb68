using System.Net.Sockets;
using System.Text;
using CoDe.EndToEnd.Telemetry;
using CoDe.Protocol;
using CoDe.Protocol.V1;
using CoDe.Testing.Processes;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit;

namespace CoDe.EndToEnd.Callers;

/// <summary>Secrets in what leaves a gateway of its own accord: logs at every level, metrics, traces.</summary>
public sealed class SecretsTests : IDisposable
{
    /// <summary>A token in form, whose parts are of use to whoever finds them.</summary>
    private const string Token = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJzZWNyZXQtdG9rZW4ifQ.c2VjcmV0LXNpZ25hdHVyZQ";

    private readonly string _folder = Directory.CreateTempSubdirectory("code-keys-").FullName;
    private readonly string _key = ApiKey.Create();
    private readonly string _wrong = ApiKey.Create();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Keys_OfAnyKind_AreInNoLogMetricOrTrace()
    {
        var keys = Path.Combine(_folder, "keys");
        await File.WriteAllTextAsync(keys, $"alice {ApiKey.DigestOf(_key)} roles=generate,operate");
        using var signing = System.Security.Cryptography.ECDsa.Create();
        var issuer = Path.Combine(_folder, "issuer.pem");
        await File.WriteAllTextAsync(issuer, signing.ExportSubjectPublicKeyInfoPem());
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var gateway = await ServiceProcess.StartGatewayAsync(
            [
                $"--Gateway:Callers:KeyFile={keys}", $"--Gateway:Callers:Jwt:KeyFile={issuer}",
                "--Gateway:Callers:Jwt:Audience=code", "--Logging:LogLevel:Default=Trace",
                "--Logging:LogLevel:Microsoft.AspNetCore=Trace", "--Logging:LogLevel:Grpc=Trace",
                "--Logging:Console:LogLevel:Default=Trace",
            ],
            new Dictionary<string, string>
            {
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.Address,
                ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            });

        await CallAsync(gateway);
        var metrics = await AskAsync(gateway);

        // A broken file with a key in place of its digest.
        await File.WriteAllTextAsync(keys, $"alice {_key}");
        Assert.True(await gateway.SaysAsync("A changed file cannot be used"));
        Assert.Equal(0, await gateway.StopAsync());
        Assert.Contains(gateway.Lines, line => line.Contains("The key is not known.", StringComparison.Ordinal));
        Assert.NotEmpty(receiver.Spans);
        Assert.Contains("caller=\"alice\"", metrics, StringComparison.Ordinal);
        string[] secrets = [_key, _wrong, .. Token.Split('.')];
        Assert.All(secrets, secret =>
        {
            var half = secret[..(secret.Length / 2)];
            Assert.DoesNotContain(gateway.Lines, line => line.Contains(half, StringComparison.Ordinal));
            Assert.DoesNotContain(half, metrics, StringComparison.Ordinal);
            var bytes = Encoding.UTF8.GetBytes(half);
            Assert.DoesNotContain(receiver.Bodies, body => body.Span.IndexOf(bytes) >= 0);
        });
    }

    private async Task CallAsync(ServiceProcess gateway)
    {
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{gateway.Port}");
        var client = new Generation.GenerationClient(channel);
        var request = new GenerateRequest { Labels = { "star" } };
        await client.GenerateAsync(request, new Metadata { { "authorization", $"Bearer {_key}" } });
        foreach (var credential in new[] { _wrong, Token })
        {
            await Assert.ThrowsAsync<RpcException>(async () => await client.GenerateAsync(
                request, new Metadata { { "authorization", $"Bearer {credential}" } }));
            await Assert.ThrowsAsync<RpcException>(async () => await client.GenerateAsync(
                request, new Metadata { { "x-api-key", credential } }));
        }
    }

    /// <summary>Asks over HTTP, at last with headers that are none.</summary>
    /// <returns>The metrics.</returns>
    private async Task<string> AskAsync(ServiceProcess gateway)
    {
        using var http = new HttpClient { BaseAddress = gateway.HttpAddress };
        foreach (var credential in new[] { _wrong, Token, _key })
        {
            http.DefaultRequestHeaders.Authorization = new("Bearer", credential);
            using var models = await http.GetAsync("/v1/models");
            http.DefaultRequestHeaders.Authorization = new(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"x:{credential}")));
            using var basic = await http.GetAsync("/metrics");
        }

        string[] lines = [$"x-api-key : {_key}", $"x-api-key {_key}", $"authorization: Bearer {_key}\u0001"];
        foreach (var line in lines)
        {
            using var connection = new TcpClient();
            await connection.ConnectAsync(gateway.HttpAddress.Host, gateway.HttpAddress.Port);
            var stream = connection.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: localhost\r\n{line}\r\n\r\n"));
            Assert.NotEqual(0, await stream.ReadAtLeastAsync(new byte[12], 12, throwOnEndOfStream: false));
        }

        return await http.GetStringAsync("/metrics");
    }
}
