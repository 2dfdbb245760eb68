using CoDe.Testing;
using Xunit;
using YamlDotNet.RepresentationModel;

namespace CoDe.EndToEnd.Deployment;

/// <summary>The compose files: settings that exist, and services that are there.</summary>
public sealed class ComposeTests
{
    [Theory]
    [InlineData("docker-compose.yml")]
    [InlineData("docker-compose.worker.yml")]
    [InlineData("docker-compose.gpu.yml")]
    public void Setting_InAComposeFile_IsOneOfItsService(string file)
    {
        var services = ServicesOf(file);
        foreach (var service in services.Keys())
        {
            var settings = services.Map(service).Map("environment").Keys();
            Assert.All(settings, setting => ServiceSettings.AssertKnown(setting, service));
        }
    }

    [Theory]
    [InlineData("docker-compose.yml")]
    [InlineData("docker-compose.worker.yml")]
    [InlineData("docker-compose.gpu.yml")]
    public void Dependency_InAComposeFile_IsAService(string file)
    {
        var services = ServicesOf(file);
        var dependencies = services.Keys().SelectMany(service => services.Map(service).Map("depends_on").Keys());
        Assert.Subset(services.Keys().ToHashSet(), dependencies.ToHashSet());
    }

    /// <summary>The networks of stages and Redis lead nowhere else, and only the gateway publishes ports.</summary>
    [Theory]
    [InlineData("docker-compose.yml")]
    [InlineData("docker-compose.worker.yml")]
    [InlineData("docker-compose.gpu.yml")]
    public void Service_ThatIsNoGateway_IsReachedFromInsideAlone(string file)
    {
        var services = ServicesOf(file);
        var networks = Yaml.Read(Path.Combine(RepositoryPaths.Root, file)).Map("networks");
        Assert.True(services.Map("gateway").Children.ContainsKey("ports"));
        foreach (var service in services.Keys().Where(service => service != "gateway"))
        {
            var own = services.Map(service);
            Assert.False(own.Children.ContainsKey("ports"), service);
            var joined = own.Map("networks") is { Children.Count: > 0 } map ? map.Keys() : own.List("networks");
            Assert.All(joined, network => Assert.Equal("true", $"{networks.Map(network).Children["internal"]}"));
        }
    }

    [Theory]
    [InlineData("Gateway")]
    [InlineData("Drafter")]
    [InlineData("Refiner")]
    [InlineData("Worker")]
    public void Image_OfAService_ListensForOtherContainers(string service)
    {
        Assert.Equal("127.0.0.1", ServiceSettings.DefaultOf(service.ToLowerInvariant(), "Host"));
        var dockerfile = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "Dockerfile"));
        Assert.Contains($" {service}__Host=any", dockerfile, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("docker-compose.yml")]
    [InlineData("docker-compose.worker.yml")]
    [InlineData("docker-compose.gpu.yml")]
    [InlineData("docker-compose.monitoring.yml")]
    public void Service_InAComposeFile_HasLimitsThatDocumentedVariablesChange(string file)
    {
        var operations = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "operations.md"));
        var services = ServicesOf(file);
        foreach (var service in services.Keys())
        {
            var (own, common) = (services.Map(service), services.Map(service).Map("<<"));
            AssertVariable(own.Text("mem_limit"), $"{service}_MEMORY".ToUpperInvariant());
            AssertVariable(own.Text("cpus"), $"{service}_CPUS".ToUpperInvariant());
            AssertVariable(common.Text("pids_limit"), "PROCESSES");
            AssertVariable(common.Map("ulimits").Text("nofile"), "OPEN_FILES");
        }

        void AssertVariable(string value, string name)
        {
            Assert.Matches($"^\\$\\{{{name}:-[0-9]+g?\\}}$", value);
            var documented = name.Replace("REFINER_", "DRAFTER_", StringComparison.Ordinal)
                .Replace("WORKER_", "DRAFTER_", StringComparison.Ordinal)
                .Replace("GRAFANA_", "PROMETHEUS_", StringComparison.Ordinal);
            Assert.Contains($"`{documented}`", operations, StringComparison.Ordinal);
        }
    }

    /// <summary>
    /// A range of ports would be another port each time that the gateway starts, so it is only for several gateways.
    /// </summary>
    [Theory]
    [InlineData("docker-compose.yml")]
    [InlineData("docker-compose.worker.yml")]
    [InlineData("docker-compose.gpu.yml")]
    public void Gateway_InAComposeFile_IsPublishedAtOnePortThatDocumentedVariablesChange(string file)
    {
        var (port, http) = (
            ServiceSettings.DefaultOf("gateway", "Port"), ServiceSettings.DefaultOf("gateway", "HttpPort"));
        Assert.Equal(
            [$"${{GRPC_PORTS:-{port}}}:{port}", $"${{HTTP_PORTS:-{http}}}:{http}"],
            ServicesOf(file).Map("gateway").List("ports"));
        var operations = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "operations.md"));
        Assert.Contains($"| `GRPC_PORTS`, `HTTP_PORTS` | {port}, {http} |", operations, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("drafter", "LIBTORCH=cuda")]
    [InlineData("refiner", "LIBTORCH=cuda")]
    [InlineData("gateway", "")]
    public void Build_ForGpus_BringsLibtorchToStagesAlone(string service, string expected)
    {
        var arguments = ServicesOf("docker-compose.gpu.yml").Map(service).Map("build").Map("args");
        Assert.Equal(expected, string.Join(' ', arguments.Select(pair => $"{pair.Key}={pair.Value}")));
        var dockerfile = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "Dockerfile"));
        Assert.All(arguments.Keys(), name => Assert.Contains($"ARG {name}=", dockerfile, StringComparison.Ordinal));
    }

    /// <summary>Both are pinned by the same run.</summary>
    [Fact]
    public void Redis_InTheComposeFile_IsTheImageOfTheManifests()
        => Assert.Equal(
            Manifests.All.ContainerOf("redis").Image, ServicesOf("docker-compose.yml").Map("redis").Text("image"));

    private static YamlMappingNode ServicesOf(string file)
        => Yaml.Read(Path.Combine(RepositoryPaths.Root, file)).Map("services");
}
