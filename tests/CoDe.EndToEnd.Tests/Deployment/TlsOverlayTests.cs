using CoDe.EndToEnd.Clients;
using CoDe.Protocol.V1;
using CoDe.Testing;
using CoDe.Testing.Processes;
using Grpc.Core;
using Xunit;
using YamlDotNet.RepresentationModel;

namespace CoDe.EndToEnd.Deployment;

/// <summary>docker-compose.tls.yml with the certificates of deploy/tls, on processes in place of containers.</summary>
public sealed class TlsOverlayTests : IAsyncLifetime
{
    private static readonly YamlMappingNode Services = Yaml.Read(
        Path.Combine(RepositoryPaths.Root, "docker-compose.tls.yml")).Map("services");

    private static readonly YamlMappingNode Base = Yaml.Read(
        Path.Combine(RepositoryPaths.Root, "docker-compose.yml")).Map("services");

    private readonly string _files = Directory.CreateTempSubdirectory("code-tls-").FullName;

    public async Task InitializeAsync() => await MakeAsync("images.example.com", "192.0.2.1");

    public Task DisposeAsync()
    {
        Directory.Delete(_files, recursive: true);
        return Task.CompletedTask;
    }

    [ProgramFact("/usr/bin/openssl")]
    public void Service_OfTheOverlay_MountsTheFilesThatItsSettingsName()
    {
        Assert.Equal(Base.Keys().Order(), Services.Keys().Order());
        foreach (var service in Services.Keys())
        {
            var own = Services.Map(service);
            Assert.Equal([$"${{TLS_FILES:-./deploy/tls/files}}/{service}:/tls:ro"], own.List("volumes"));
            Assert.All(own.Map("environment").Keys(), setting => ServiceSettings.AssertKnown(setting, service));
            var values = own.Map("environment").Select(pair => $"{pair.Value}")
                .Concat(own.Children.ContainsKey("command") ? own.List("command") : []);
            var named = values.Where(value => value.StartsWith("/tls/", StringComparison.Ordinal)).ToArray();
            Assert.NotEmpty(named);
            Assert.All(named, file => Assert.True(File.Exists(OnThisMachine(service, file)), file));
        }
    }

    [ProgramFact("/usr/bin/openssl")]
    public void Redis_OfTheOverlay_KeepsItsOptionsAndHasNoPortWithoutTls()
    {
        var (command, before) = (Services.Map("redis").List("command"), Base.Map("redis").List("command"));
        Assert.Equal(before, command.Take(before.Count()));
        Assert.Contains("--port 0 --tls-port 6379", string.Join(' ', command), StringComparison.Ordinal);
    }

    [ProgramFact("/usr/bin/redis-server")]
    public async Task Services_OfTheOverlay_ServeImagesOverTls()
    {
        await using var drafter = await ServiceProcess.StartDrafterAsync(0, SettingsOf("drafter"));
        await using var refiner = await ServiceProcess.StartRefinerAsync(0, SettingsOf("refiner"));
        await using var redis = await RedisServer.StartWithTlsAsync(
            OnThisMachine("redis", "/tls/certificate.pem"), OnThisMachine("redis", "/tls/key.pem"),
            OnThisMachine("redis", "/tls/authority.pem"));
        await using var gateway = await ServiceProcess.StartGatewayAsync(
        [
            .. SettingsOf("gateway"), $"--Gateway:Redis=localhost:{redis.Port},ssl=true", "--Gateway:SiloPort=0",
            "--Gateway:SiloHost=127.0.0.1", $"--Gateway:Drafters:0=https://localhost:{drafter.Port}",
            $"--Gateway:Refiners:0=https://localhost:{refiner.Port}",
        ]);

        var authority = OnThisMachine("gateway", "/tls/authority.pem");
        using var channel = OverTls.Connect(gateway.Port, authority);
        var response = await new Generation.GenerationClient(channel).GenerateAsync(
            new GenerateRequest { Labels = { "star" } });
        Assert.Single(response.Images);
        Assert.Equal("https", gateway.HttpAddress.Scheme);

        // Stages answer the gateway alone.
        foreach (var port in new[] { drafter.Port, refiner.Port })
        {
            using var stranger = OverTls.Connect(port, authority);
            await Assert.ThrowsAsync<RpcException>(
                () => new Drafting.DraftingClient(stranger).StatusAsync(new StatusRequest()).ResponseAsync);
        }
    }

    [ProgramFact("/usr/bin/openssl")]
    public async Task Certificates_MadeAgain_AreOfTheSameAuthority()
    {
        var (authority, certificate) = (Read("authority.pem"), Read("gateway/certificate.pem"));
        await MakeAsync();
        Assert.Equal(authority, Read("authority.pem"));
        Assert.NotEqual(certificate, Read("gateway/certificate.pem"));
        Assert.Equal("700\n", (await Command.RunAsync("stat", "--format=%a", _files)).Output);
    }

    [ProgramFact("/usr/bin/openssl")]
    public async Task Certificates_ForTooManyDays_AreRefused()
    {
        var run = await Command.RunAsync("env", "DAYS=826", Script, _files);
        Assert.Equal((1, "certificates: DAYS is 826; allowed: 1 to 825\n"), (run.ExitCode, run.Error));
    }

    private static string Script => Path.Combine(RepositoryPaths.Root, "deploy", "tls", "certificates");

    private async Task MakeAsync(params string[] names)
    {
        var run = await Command.RunAsync(Script, [_files, .. names]);
        Assert.True(run.ExitCode == 0, run.Error);
    }

    private string Read(string file) => File.ReadAllText(Path.Combine(_files, file));

    /// <summary>Gets the settings of certificates in the overlay, with the files as they are here.</summary>
    private string[] SettingsOf(string service) =>
    [
        .. Services.Map(service).Map("environment")
            .Where(pair => $"{pair.Value}".StartsWith("/tls/", StringComparison.Ordinal))
            .Select(pair => $"--{pair.Key}".Replace("__", ":", StringComparison.Ordinal)
                + $"={OnThisMachine(service, $"{pair.Value}")}"),
    ];

    private string OnThisMachine(string service, string file)
        => Path.Combine(_files, service, Path.GetRelativePath("/tls", file));
}
