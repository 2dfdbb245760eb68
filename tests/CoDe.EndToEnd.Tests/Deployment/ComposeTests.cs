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

    private static YamlMappingNode ServicesOf(string file)
        => Yaml.Read(Path.Combine(RepositoryPaths.Root, file)).Map("services");
}
