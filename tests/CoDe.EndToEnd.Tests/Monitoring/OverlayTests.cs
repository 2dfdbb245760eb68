using CoDe.EndToEnd.Deployment;
using CoDe.EndToEnd.Telemetry;
using CoDe.Testing;
using CoDe.Testing.Processes;
using Xunit;
using YamlDotNet.RepresentationModel;

namespace CoDe.EndToEnd.Monitoring;

/// <summary>docker-compose.monitoring.yml, and the files that it mounts.</summary>
public sealed class OverlayTests
{
    private static readonly YamlMappingNode Overlay = Yaml.Read(
        Path.Combine(RepositoryPaths.Root, "docker-compose.monitoring.yml"));

    private static readonly string[] Services = ["gateway", "drafter", "refiner", "worker"];

    [ProgramFact(PrometheusServer.Program)]
    public async Task Prometheus_OfTheOverlay_ScrapesTheHttpPortOfEveryService()
    {
        var check = await Command.RunAsync("promtool", "check", "config", MonitoringFiles.Prometheus);
        Assert.True(check.ExitCode == 0, check.Output + check.Error);
        var jobs = Yaml.Read(MonitoringFiles.Prometheus).Maps("scrape_configs").Select(job =>
        {
            var names = job.Maps("dns_sd_configs").Single();
            return $"{job.Text("job_name")} {names.List("names").Single()}:{names.Text("port")}";
        });
        Assert.Equal(
            Services.Select(
                service => $"code-{service} {service}:{ServiceSettings.DefaultOf(service, "HttpPort")}"),
            jobs);
    }

    [Theory]
    [InlineData("docker-compose.yml")]
    [InlineData("docker-compose.worker.yml")]
    [InlineData("docker-compose.gpu.yml")]
    public void Prometheus_OfTheOverlay_IsOnTheNetworkOfStagesAndReachedFromInsideAlone(string file)
    {
        var prometheus = Overlay.Map("services").Map("prometheus");
        Assert.False(prometheus.Children.ContainsKey("ports"));
        Assert.Equal(["stages", "monitoring"], prometheus.List("networks"));
        Assert.Equal("true", Overlay.Map("networks").Map("monitoring").Text("internal"));
        Assert.Equal(
            "true", Yaml.Read(Path.Combine(RepositoryPaths.Root, file)).Map("networks").Map("stages").Text("internal"));
    }

    [Fact]
    public void Grafana_OfTheOverlay_HasItsFilesAndIsForThisMachineAlone()
    {
        var grafana = Overlay.Map("services").Map("grafana");
        Assert.Equal(["${GRAFANA_PORT:-127.0.0.1:3000}:3000"], grafana.List("ports"));
        var mounts = grafana.List("volumes").Where(volume => volume.StartsWith("./", StringComparison.Ordinal))
            .Select(volume => volume.Split(':')).ToDictionary(parts => parts[1], parts => parts[0]);
        Assert.All(mounts.Values, file => Assert.True(File.Exists(Path.Combine(RepositoryPaths.Root, file)), file));

        var provider = Yaml.Read(MonitoringFiles.Dashboards).Maps("providers").Single();
        Assert.Contains($"{provider.Map("options").Text("path")}/code.json", mounts.Keys);
        var source = Yaml.Read(MonitoringFiles.DataSources).Maps("datasources").Single();
        Assert.Equal("http://prometheus:9090", source.Text("url"));
        Assert.Equal(
            Yaml.Read(MonitoringFiles.Prometheus).Map("global").Text("scrape_interval"),
            source.Map("jsonData").Text("timeInterval"));
    }
}
