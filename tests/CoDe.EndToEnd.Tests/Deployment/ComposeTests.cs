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
    public void Dependency_InAComposeFile_IsAService(string file)
    {
        var services = ServicesOf(file);
        var dependencies = services.Keys().SelectMany(service => services.Map(service).Map("depends_on").Keys());
        Assert.Subset(services.Keys().ToHashSet(), dependencies.ToHashSet());
    }

    private static YamlMappingNode ServicesOf(string file)
        => Yaml.Read(Path.Combine(RepositoryPaths.Root, file)).Map("services");
}
