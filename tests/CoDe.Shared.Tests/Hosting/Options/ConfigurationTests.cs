using System.Globalization;
using System.Net;
using System.Net.Sockets;
using CoDe.Drafter;
using CoDe.Gateway;
using CoDe.Hosting.Options;
using CoDe.Refiner;
using CoDe.Shared.Tests.Hosting.Startup;
using CoDe.Testing;
using CoDe.Worker;
using Xunit;

namespace CoDe.Shared.Tests.Hosting.Options;

/// <summary>Settings: documented as they are, and where they are wrong one readable line.</summary>
public sealed class ConfigurationTests
{
    [Fact]
    public void Documentation_HoldsEverySetting()
    {
        var text = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "configuration.md"));
        Assert.All(
            new[] { GatewayHost.Settings(), DrafterHost.Settings(), RefinerHost.Settings(), WorkerHost.Settings() },
            rows => Assert.Contains(OptionsText.Markdown(rows), text, StringComparison.Ordinal));
    }

    public static TheoryData<string, string, string> OutOfRange()
    {
        var data = new TheoryData<string, string, string>();
        foreach (var service in new[] { "drafter", "refiner", "worker", "gateway" })
        {
            Add(service, "Port", 0, 65535);
            Add(service, "DrainSeconds", 0, 3600);
            Add(service, "LargestBatch", 1, 256);
            Add(service, "QueueLimit", 1, service == "gateway" ? 1_000_000 : 1000);
        }

        Add("gateway", "LargestRequest", 1, 100_000);
        Add("gateway", "BatchDelayMilliseconds", 0, 60_000);
        Add("gateway", "CacheMegabytes", 0, 65_536);
        Add("gateway", "CacheFolderMegabytes", 0, 16_777_216);
        Add("gateway", "LargestJob", 1, 100_000_000);
        Array.ForEach(["drafter", "refiner", "worker"], service => Add(service, "Device:Threads", 0, 1024));
        return data;

        void Add(string service, string field, int least, int most)
        {
            foreach (var value in new[] { least - 1, most + 1 })
            {
                data.Add(
                    service, $"{field}={value}",
                    string.Create(CultureInfo.InvariantCulture, $"{field} is {value}; allowed: {least} to {most}"));
            }
        }
    }

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public async Task Service_WithANumberOutOfRange_EndsInOneLine(string service, string setting, string message)
        => await ServiceRun.AssertOneLineAsync(service, [$"--{service}:{setting}"], $":{message}");

    public static TheoryData<string, string> Numbers()
    {
        var data = new TheoryData<string, string>();
        foreach (var service in ServiceRun.Programs)
        {
            foreach (var row in service.Settings.Where(row => int.TryParse(row.Default, out _)
                && !row.Key.EndsWith(":HttpPort", StringComparison.Ordinal)))
            {
                data.Add(service.Name, row.Key);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public async Task Service_WithAWordForANumber_EndsInOneLine(string service, string key)
        => await ServiceRun.AssertOneLineAsync(
            service, [$"--{key}=many"],
            $"{key} is many; allowed: 0 to 2147483647");

    [Theory]
    [InlineData("Host=nowhere", "Host is nowhere; allowed: any, or an IP address such as 127.0.0.1")]
    [InlineData("Host=", "Host is ; allowed: any, or an IP address such as 127.0.0.1")]
    [InlineData("Device:Isa=sse", "Device:Isa is sse; allowed: auto, avx512, avx2, portable")]
    [InlineData("Device:Isa=3", "Device:Isa is 3; allowed: auto, avx512, avx2, portable")]
    [InlineData("Device:Precision=f8", "Device:Precision is f8; allowed on the device cpu: f32, bf16-weights, bf16")]
    [InlineData("Bacth=3", ":Bacth'; --help lists all settings")]
    [InlineData("Device:Weights=bf16", ":Device:Weights' is replaced by ")]
    [InlineData("Device:Thread=3", ":Device:Thread'; --help lists all settings")]
    public async Task Stage_WithAWrongSetting_EndsInOneLine(string setting, string message)
    {
        foreach (var service in new[] { "drafter", "refiner", "worker" })
        {
            await ServiceRun.AssertOneLineAsync(service, [$"--{service}:{setting}"], message);
        }
    }

    [Theory]
    [InlineData("torch", "device torch")]
    [InlineData("cuda:1", "device cuda")]
    public async Task Stage_WithAFolderThatHasNoLibtorch_EndsInOneLine(string device, string named)
    {
        foreach (var service in new[] { "drafter", "refiner", "worker" })
        {
            await ServiceRun.AssertOneLineAsync(
                service,
                [$"--{service}:Device:Name={device}", $"--{service}:Device:LibTorchFolder={RepositoryPaths.Root}"],
                $"{named}: {RepositoryPaths.Root} has no libtorch_cpu.so; build with -p:LibTorch=");
        }
    }

    [Theory]
    [InlineData(
        "drafter", "Drafter:Models:0:Name=x",
        "Drafter:Models:0:Checkpoint is missing; a model needs Name, Checkpoint and Vqvae")]
    [InlineData("refiner", "Refiner:Models:0:Checkpoint=x", "Refiner:Models:0:Name is missing")]
    [InlineData("refiner", "Refiner:Models:0:Checkpoint=x", "Refiner:Models:0:Vqvae is missing")]
    [InlineData("drafter", "Drafter:Models:0:Steps:0=0", "Drafter:Models:0:Steps has 0; allowed: 1 or more")]
    [InlineData(
        "drafter", "Drafter:Models:0:Steps:0=x",
        "Drafter:Models:0:Steps:0 is x; allowed: 0 to 2147483647")]
    [InlineData("drafter", "Drafter:Models=x", "unknown setting 'Drafter:Models'")]
    [InlineData("drafter", "Drafter:Models:0:Weight=x", "unknown setting 'Drafter:Models:0:Weight'")]
    [InlineData(
        "worker", "Worker:Drafters:0:Name=x",
        "Worker:Drafters and Worker:Refiners must both be given, or neither for the demonstration model")]
    [InlineData("worker", "Worker:Refiners:0:Name=x", "Worker:Refiners:0:Checkpoint is missing")]
    [InlineData("worker", "Worker:Models:0:Name=x", "unknown setting 'Worker:Models:0:Name'")]
    [InlineData(
        "gateway", "Gateway:Drafters:0=http://localhost:1", "Gateway:Drafters and Gateway:Refiners must both be given")]
    [InlineData(
        "gateway", "Gateway:Refiners:0=localhost", "Gateway has the address localhost; allowed: http://name:port")]
    [InlineData(
        "gateway", "Gateway:Host=nowhere", "Gateway:Host is nowhere; allowed: any, or an IP address such as 127.0.0.1")]
    [InlineData(
        "gateway", "Gateway:Dashboard=maybe", "Failed to convert configuration value 'maybe' at 'Gateway:Dashboard'")]
    [InlineData("gateway", "Gateway:Kubernetes=true", "Gateway:Kubernetes needs Gateway:Redis, in which the pods")]
    [InlineData(
        "gateway", "Gateway:Kubernetes=true",
        "Gateway:Kubernetes needs the environment variables POD_NAME, POD_NAMESPACE, POD_IP")]
    [InlineData(
        "gateway", "Gateway:HttpPort=many",
        "Gateway:HttpPort is many; allowed: 1 to 65535 except Gateway:Port, 0 for any free port, or off")]
    [InlineData(
        "gateway", "Gateway:Redis=localhost:1",
        "Gateway:Redis needs Gateway:Drafters and Gateway:Refiners, which the gateways share")]
    [InlineData("gateway", "Gateway:Redis=a:1,nonsense=1", "Gateway:Redis is not a connection string: ")]
    [InlineData("gateway", "Gateway:SiloHost=a", "Gateway:SiloHost is a; allowed: auto, or an IPv4 address")]
    [InlineData("gateway", "Gateway:SiloPort=70000", "Gateway:SiloPort is 70000; allowed: 0 to 65535")]
    [InlineData("gateway", "Gateway:HttpPort=70000", "Gateway:HttpPort is 70000; allowed")]
    [InlineData("gateway", "Gateway:HttpPort=50051", "Gateway:HttpPort is 50051; allowed")]
    [InlineData("gateway", "Gateway:Queue=1", "unknown setting 'Gateway:Queue'; --help lists all settings")]
    [InlineData("gateway", "Worker:Device:Precision=f8",
        "Worker:Device:Precision is f8; allowed on the device cpu: f32, bf16-weights, bf16")]
    [InlineData("gateway", "Worker:Bacth=3", "unknown setting 'Worker:Bacth'")]
    public async Task Service_WithAWrongSetting_EndsInOneLine(string service, string setting, string message)
        => await ServiceRun.AssertOneLineAsync(service, [$"--{setting}"], message);

    [Fact]
    public async Task Gateway_WhoseRedisIsNotThere_EndsInOneLineWithoutThePassword()
        => await ServiceRun.AssertOneLineAsync(
            "gateway",
            [
                "--Gateway:Redis=127.0.0.1:1,password=secret", "--Gateway:Host=127.0.0.1", "--Gateway:Port=0",
                "--Gateway:HttpPort=off", "--Gateway:Drafters:0=http://127.0.0.1:1",
                "--Gateway:Refiners:0=http://127.0.0.1:1",
            ],
            "Cannot use the Redis of Gateway:Redis at 127.0.0.1:1: ");

    [Fact]
    public async Task Gateway_WhoseDataFolderCannotBeWritten_EndsInOneLine()
    {
        var file = typeof(ConfigurationTests).Assembly.Location;
        await ServiceRun.AssertOneLineAsync(
            "gateway",
            [$"--Gateway:DataFolder={file}", "--Gateway:Host=127.0.0.1", "--Gateway:Port=0", "--Gateway:HttpPort=off"],
            $"Gateway:DataFolder is {file}, which cannot be written: ");
    }

    [Theory]
    [InlineData("drafter", "--Refiner:Port=1", "unknown setting '--Refiner:Port=1'; --help lists all settings")]
    [InlineData("gateway", "--Drafter:Port=1", "unknown setting '--Drafter:Port=1'; --help lists all settings")]
    [InlineData("refiner", "--port=1", "unknown setting '--port=1'; --help lists all settings")]
    [InlineData("refiner", "50053", "unknown setting '50053'; --help lists all settings")]
    [InlineData("worker", "-p=50053", "unknown setting '-p=50053'; --help lists all settings")]
    [InlineData("worker", "--Worker:Port", "--Worker:Port has no value")]
    public async Task Service_WithWhatIsNoSetting_EndsInOneLine(string service, string argument, string message)
        => await ServiceRun.AssertOneLineAsync(service, [argument], message);

    [Theory]
    [InlineData("Drafter:Port=1", "Drafter:LargestBatch=0")]
    [InlineData("--Drafter:Port", "1", "--Drafter:LargestBatch", "0")]
    public async Task Setting_InEachForm_IsTaken(params string[] args)
        => await ServiceRun.AssertOneLineAsync("drafter", args, "drafter: Drafter:LargestBatch is 0");

    [Theory]
    [InlineData("drafter")]
    [InlineData("refiner")]
    [InlineData("worker")]
    [InlineData("gateway")]
    public async Task Port_InUse_EndsInOneLineBeforeAnythingIsLoaded(string service)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        string[] missing = service is "drafter" or "refiner"
            ?
            [
                $"--{service}:Models:0:Name=x",
                $"--{service}:Models:0:Checkpoint=/no/such/file.pth",
                $"--{service}:Models:0:Vqvae=/no/such/file.pth",
            ]
            : [];
        await ServiceRun.AssertOneLineAsync(
            service, [$"--{service}:Port={port}", $"--{service}:Host=127.0.0.1", .. missing],
            $"127.0.0.1:{port}: address already in use");
    }

    [Fact]
    public async Task HttpPort_InUse_EndsInOneLine()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        await ServiceRun.AssertOneLineAsync(
            "gateway", ["--Gateway:Port=0", $"--Gateway:HttpPort={port}", "--Gateway:Host=127.0.0.1"],
            $"127.0.0.1:{port}: address already in use");
    }

    [Fact]
    public async Task Host_OfAnotherMachine_EndsInOneLine()
        => await ServiceRun.AssertOneLineAsync(
            "drafter", ["--Drafter:Host=192.0.2.1"], "Cannot listen on the configured Host and Port");

    [Theory]
    [InlineData("drafter")]
    [InlineData("gateway")]
    public async Task Help_ListsEverySetting(string service)
    {
        var program = ServiceRun.Programs.Single(each => each.Name == service);
        var (code, output, _) = await ServiceRun.RunAsync(
            program with { Create = _ => throw new InvalidOperationException() }, ["--help"]);
        Assert.Equal(0, code);
        Assert.All(program.Settings, row => Assert.Contains($"--{row.Key} ", output, StringComparison.Ordinal));
    }
}
