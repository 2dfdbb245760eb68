using System.Net.Http.Headers;
using CoDe.EndToEnd.Deployment;
using CoDe.EndToEnd.Telemetry;
using CoDe.Protocol;
using CoDe.Protocol.V1;
using CoDe.Testing;
using CoDe.Testing.Processes;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit;

namespace CoDe.EndToEnd.Monitoring;

/// <summary>Dashboard and alerts against what Prometheus gets from a gateway and both stages.</summary>
public sealed class MonitoringTests : IDisposable
{
    /// <summary>Metrics of Prometheus itself.</summary>
    private static readonly string[] Own = ["up", "ALERTS"];

    /// <summary>Conditions on what does not happen here; their labels are looked for all the same.</summary>
    private static readonly string[] Rare =
    [
        "outcome=\"failed\"", "code=~\"Internal|Unknown|DataLoss\"", "http_response_status_code=~\"5..\"",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("code-keys-").FullName;
    private readonly string _key = ApiKey.Create();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [ProgramFact(PrometheusServer.Program)]
    public async Task Prometheus_OfRunningServices_FindsAllThatDashboardAndAlertsAskFor()
    {
        var keys = Path.Combine(_folder, "keys");
        await File.WriteAllTextAsync(keys, $"alice {ApiKey.DigestOf(_key)} roles=generate,operate");
        await using var drafter = await ServiceProcess.StartDrafterAsync(0, "--Drafter:HttpPort=0");
        await using var refiner = await ServiceProcess.StartRefinerAsync(0, "--Refiner:HttpPort=0");
        await using var gateway = await ServiceProcess.StartGatewayAsync(
            $"--Gateway:Drafters:0=http://127.0.0.1:{drafter.Port}",
            $"--Gateway:Refiners:0=http://127.0.0.1:{refiner.Port}",
            $"--Gateway:Callers:KeyFile={keys}", "--Gateway:CacheMegabytes=16", "--Gateway:QueueLimit=4");
        await UseAsync(gateway);
        await using var prometheus = await PrometheusServer.StartAsync(
            MonitoringFiles.Alerts, _key, gateway.HttpAddress, drafter.HttpAddress, refiner.HttpAddress);
        Assert.Equal(3, await prometheus.ValueAsync("sum(up)", 3));

        foreach (var panel in MonitoringFiles.Panels)
        {
            foreach (var query in MonitoringFiles.QueriesOf(panel))
            {
                Assert.True(await FindsAsync(query), $"{panel["title"]} has no data: {query}");
            }
        }

        foreach (var selector in MonitoringFiles.Rules.SelectMany(rule => Selector.In(rule.Text("expr"))))
        {
            Assert.True(await FindsAsync(selector.Metric), $"An alert asks for {selector.Metric}");
            foreach (var matcher in selector.Matchers)
            {
                var condition = Rare.Contains(matcher) ? $"{matcher.Split('=')[0]}!=\"\"" : matcher;
                Assert.True(
                    await FindsAsync($"{selector.Metric}{{{condition}}}"),
                    $"An alert asks for {selector.Metric}{{{matcher}}}");
            }
        }

        var rules = (await prometheus.GetAsync("rules"))["groups"]!.AsArray()
            .SelectMany(group => group!["rules"]!.AsArray()).Select(rule => rule!).ToArray();
        Assert.Equal(MonitoringFiles.Rules.Count, rules.Length);
        Assert.All(rules, rule => Assert.Equal("ok", rule["health"]!.GetValue<string>()));

        // Rates need two scrapes.
        Task<bool> FindsAsync(string query)
            => PrometheusServer.UntilAsync(async () => (await prometheus.SamplesAsync(query)).Count > 0);
    }

    /// <summary>Makes images over both faces, and is refused for a key, a label and the queue.</summary>
    private async Task UseAsync(ServiceProcess gateway)
    {
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{gateway.Port}");
        var client = new Generation.GenerationClient(channel);
        await client.GenerateAsync(new GenerateRequest { Labels = { "star" }, Seed = 1 }, Bearer(_key));
        await RefusedAsync(new GenerateRequest { Labels = { "star" } }, ApiKey.Create());
        await RefusedAsync(new GenerateRequest { Labels = { "none such" } }, _key);
        await RefusedAsync(new GenerateRequest { Labels = { "star" }, Count = 8 }, _key);

        using var http = new HttpClient { BaseAddress = gateway.HttpAddress };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _key);
        await http.GetByteArrayAsync("/v1/image?label=star&seed=1");

        Task RefusedAsync(GenerateRequest request, string key)
            => Assert.ThrowsAsync<RpcException>(async () => await client.GenerateAsync(request, Bearer(key)));
    }

    private static Metadata Bearer(string key) => new() { { "authorization", $"Bearer {key}" } };
}
