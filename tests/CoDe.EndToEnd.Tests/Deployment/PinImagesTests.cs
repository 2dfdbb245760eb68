using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using CoDe.Testing;
using CoDe.Testing.Processes;
using Xunit;

namespace CoDe.EndToEnd.Deployment;

/// <summary><c>deploy/pin-images</c> on a copy of the files that name images, against registries on loopback.</summary>
public sealed partial class PinImagesTests : IAsyncLifetime
{
    private const string Redis = $"{RegistryDouble.Hub}/library/redis:7";
    private const string Prometheus = $"{RegistryDouble.Hub}/prom/prometheus:v3.5.0";
    private const string Grafana = $"{RegistryDouble.Hub}/grafana/grafana:12.0.0";
    private const string Sdk = $"{RegistryDouble.Microsoft}/dotnet/sdk:10.0";
    private const string Runtime = $"{RegistryDouble.Microsoft}/dotnet/aspnet:10.0";

    private readonly string _folder = Directory.CreateTempSubdirectory("code-images-").FullName;
    private RegistryDouble _registry = null!;

    /// <summary>Files that name images, without what pins them.</summary>
    private static IReadOnlyDictionary<string, string> Files { get; } =
        Directory.EnumerateFiles(RepositoryPaths.Root, "docker-compose*.yml").Append("Dockerfile")
            .Concat(new[] { "kubernetes", "kubernetes-jobs" }.SelectMany(folder => Directory.EnumerateFiles(
                Path.Combine(RepositoryPaths.Root, "deploy", folder), "*.yaml")))
            .Select(file => Path.GetRelativePath(RepositoryPaths.Root, Path.Combine(RepositoryPaths.Root, file)))
            .ToDictionary(
                file => file, file => Digest().Replace(File.ReadAllText(Path.Combine(RepositoryPaths.Root, file)), ""));

    public async Task InitializeAsync()
    {
        foreach (var (file, text) in Files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(In(file))!);
            File.WriteAllText(In(file), text);
        }

        File.Copy(Path.Combine(RepositoryPaths.Root, "deploy", "pin-images"), In("deploy/pin-images"));
        _registry = await RegistryDouble.StartAsync();
        _registry.Redirect(_folder);
    }

    public async Task DisposeAsync()
    {
        await _registry.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [ProgramFact("/usr/bin/curl")]
    public async Task PinImages_RunTwice_WritesTheDigestsThatTheTagsHave()
    {
        foreach (var release in new[] { "first", "second" })
        {
            string[] images = [Redis, Prometheus, Grafana, Sdk, Runtime];
            Array.ForEach(images, image => _registry.Manifests[image] = ListOfPlatforms(image, release));
            var result = await RunAsync();
            Assert.Equal((0, ""), (result.ExitCode, result.Error));
            AssertPinned("Dockerfile", "SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0", Sdk);
            AssertPinned("Dockerfile", "RUNTIME_IMAGE=mcr.microsoft.com/dotnet/aspnet:10.0", Runtime);
            AssertPinned("docker-compose.yml", "image: redis:7", Redis);
            AssertPinned("docker-compose.monitoring.yml", "image: prom/prometheus:v3.5.0", Prometheus);
            AssertPinned("docker-compose.monitoring.yml", "image: grafana/grafana:12.0.0", Grafana);
            AssertPinned("deploy/kubernetes/redis.yaml", "image: redis:7", Redis);
            Assert.All(Files, file => Assert.Equal(file.Value, Digest().Replace(File.ReadAllText(In(file.Key)), "")));
        }
    }

    [ProgramTheory("/usr/bin/curl")]
    [InlineData(null, "redis:7: registry-1.docker.io answers 404")]
    [InlineData("""{"layers": []}""", "redis:7: registry-1.docker.io has no list of platforms for it")]
    public async Task PinImages_OfATagWithoutAList_ChangesNothing(string? manifest, string message)
    {
        Array.ForEach(
            [Prometheus, Grafana, Sdk, Runtime],
            image => _registry.Manifests[image] = ListOfPlatforms("any", "first"));
        if (manifest is not null)
        {
            _registry.Manifests[Redis] = manifest;
        }

        var result = await RunAsync();
        Assert.Equal((1, $"pin-images: {message}"), (result.ExitCode, result.Error.Trim()));
        Assert.All(Files, file => Assert.Equal(file.Value, File.ReadAllText(In(file.Key))));
    }

    private static string ListOfPlatforms(string image, string release)
        => $$"""{"schemaVersion": 2, "manifests": [{"digest": "sha256:{{release}} {{image}}"}]}""";

    private void AssertPinned(string file, string name, string image)
    {
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(_registry.Manifests[image])));
        Assert.Contains($"{name}@sha256:{digest}\n", File.ReadAllText(In(file)), StringComparison.Ordinal);
    }

    private Task<CommandResult> RunAsync()
    {
        var start = new ProcessStartInfo("bash", [In("deploy/pin-images")]);
        start.Environment["CURL_HOME"] = _folder;
        return Command.RunAsync(start);
    }

    private string In(string file) => Path.Combine(_folder, file);

    [GeneratedRegex("@sha256:[0-9a-f]{64}")]
    private static partial Regex Digest();
}
