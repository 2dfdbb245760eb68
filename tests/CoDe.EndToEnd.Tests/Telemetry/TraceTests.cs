using CoDe.Protocol.V1;
using CoDe.Telemetry;
using CoDe.Testing.Processes;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit;

namespace CoDe.EndToEnd.Telemetry;

/// <summary>Telemetry that leaves three processes over OTLP.</summary>
public sealed class TraceTests
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";
    private const string ClientSpan = "b7ad6b7169203331";

    [Fact]
    public async Task Request_ThroughThreeProcesses_IsOneTraceThatTheClientBegan()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        var environment = new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.Address,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        };
        await using var drafter = await ServiceProcess.StartDrafterAsync(0, [], environment);
        await using var refiner = await ServiceProcess.StartRefinerAsync(0, [], environment);
        string[] stages =
            [
                $"--Gateway:Drafters:0=http://127.0.0.1:{drafter.Port}",
                $"--Gateway:Refiners:0=http://127.0.0.1:{refiner.Port}",
            ];
        await using var gateway = await ServiceProcess.StartGatewayAsync(stages, environment);

        await GenerateAsync(gateway);

        // A process that ends sends what it has not sent yet.
        Assert.Equal(0, await gateway.StopAsync());
        Assert.Equal(0, await drafter.StopAsync());
        Assert.Equal(0, await refiner.StopAsync());
        Assert.All(receiver.Spans, span => Assert.Equal(TraceId, span.TraceId));
        Assert.Equal(
            ["code-drafter", "code-gateway", "code-refiner"],
            receiver.Spans.Select(span => span.Service).Distinct().Order(StringComparer.Ordinal));
        Assert.Single(receiver.Spans, span => span.Name == ActivityNames.DraftBatch);
        Assert.Single(receiver.Spans, span => span.Name == ActivityNames.RefineBatch);
        string[] known = [ClientSpan, .. receiver.Spans.Select(span => span.SpanId)];
        Assert.All(receiver.Spans, span => Assert.Contains(span.ParentId, known));
        foreach (var signal in new[] { "traces", "metrics", "logs" })
        {
            Assert.All(
                ["code-drafter", "code-gateway", "code-refiner"],
                service => Assert.Contains($"{signal} {service}", receiver.Signals.Keys));
        }
    }

    private static async Task GenerateAsync(ServiceProcess gateway)
    {
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{gateway.Port}");
        await new Generation.GenerationClient(channel).GenerateAsync(
            new GenerateRequest { Labels = { "star" }, Seed = 1 },
            new Metadata { { "traceparent", $"00-{TraceId}-{ClientSpan}-01" } });
    }
}
