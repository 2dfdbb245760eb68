using System.Text.Json.Nodes;
using CoDe.EndToEnd.Deployment;
using CoDe.Testing;
using YamlDotNet.RepresentationModel;

namespace CoDe.EndToEnd.Monitoring;

/// <summary>The files of deploy/prometheus and deploy/grafana.</summary>
internal static class MonitoringFiles
{
    public static string Alerts { get; } = In("prometheus/alerts.yml");

    public static string AlertTests { get; } = In("prometheus/alerts.test.yml");

    public static string Prometheus { get; } = In("prometheus/prometheus.yml");

    public static string DataSources { get; } = In("grafana/datasources.yml");

    public static string Dashboards { get; } = In("grafana/dashboards.yml");

    public static IReadOnlyList<YamlMappingNode> Rules { get; } =
    [
        .. Yaml.Read(Alerts).Maps("groups").SelectMany(group => group.Maps("rules")),
    ];

    public static IReadOnlyList<JsonNode> Panels { get; } =
    [
        .. JsonNode.Parse(File.ReadAllText(In("grafana/code.json")))!["panels"]!.AsArray()
            .Select(panel => panel!).Where(panel => panel["type"]!.GetValue<string>() != "row"),
    ];

    /// <summary>Queries of a panel, with what Grafana puts in place of variables.</summary>
    public static IEnumerable<string> QueriesOf(JsonNode panel)
        => panel["targets"]!.AsArray().Select(target => target!["expr"]!.GetValue<string>()
            .Replace("$job", "code.*", StringComparison.Ordinal)
            .Replace("$__rate_interval", "20s", StringComparison.Ordinal));

    private static string In(string file) => Path.Combine(RepositoryPaths.Root, "deploy", file);
}
