using System.Net;
using System.Net.Sockets;
using System.Reflection;
using CoDe.Drafter;
using CoDe.Hosting;
using CoDe.Refiner;
using Xunit;

namespace CoDe.Gateway.Tests;

/// <summary>Settings: documented as they are, and where they are wrong one readable line.</summary>
public sealed class ConfigurationTests
{
    [Fact]
    public void Documentation_HoldsEverySetting()
    {
        var folder = typeof(ConfigurationTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "RepositoryRoot").Value!;
        var text = File.ReadAllText(Path.Combine(folder, "docs", "configuration.md"));
        Assert.All(new[] { GatewayHost.Settings(), DrafterHost.Settings(), RefinerHost.Settings() }, rows => Assert.Contains(OptionsText.Markdown(rows), text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Drafter:Port=70000", "Drafter:Port is 70000; allowed: 1 to 65535, or 0 for any that is free")]
    [InlineData("Drafter:Port=many", "Drafter: Failed to convert configuration value 'many' at 'Drafter:Port'")]
    [InlineData("Drafter:Host=nowhere", "Drafter:Host is nowhere; allowed: any, or an IP address such as 127.0.0.1")]
    [InlineData("Drafter:LargestBatch=0", "Drafter:LargestBatch is 0; allowed: 1 to 256")]
    [InlineData("Drafter:QueueLimit=0", "Drafter:QueueLimit is 0; allowed: 1 to 1000")]
    [InlineData("Drafter:DrainSeconds=-1", "Drafter:DrainSeconds is -1; allowed: 0 to 3600")]
    [InlineData("Drafter:Device:Isa=sse", "Drafter:Device:Isa is sse; allowed: auto, avx512, avx2, portable")]
    [InlineData("Drafter:Device:Weights=f8", "Drafter:Device:Weights is f8; allowed: f32, bf16")]
    [InlineData("Drafter:Device:Threads=-2", "Drafter:Device:Threads is -2; allowed: 0 to 1024")]
    [InlineData("Drafter:Bacth=3", "Bacth")]
    [InlineData("Drafter:Models:0:Name=x", "Drafter:Models:0:Checkpoint is missing; a model needs Name, Checkpoint and Vqvae")]
    public async Task Drafter_WithAWrongSetting_EndsInOneLine(string setting, string message)
        => AssertOneLine(await RunAsync("drafter", [$"--{setting}"], args => Task.FromResult(DrafterHost.Create(args))), message);

    [Theory]
    [InlineData("/no/such/file.pth", "/no/such/file.pth")]
    [InlineData("synthetic:d99", "synthetic:d99 is no model")]
    [InlineData("", "is no checkpoint")]
    public async Task Refiner_WithoutUsableWeights_EndsInOneLine(string checkpoint, string message)
    {
        var foreign = Path.GetTempFileName();
        await File.WriteAllTextAsync(foreign, "no weights at all");
        string[] args = ["--Refiner:Models:0:Name=x", $"--Refiner:Models:0:Checkpoint={(checkpoint.Length > 0 ? checkpoint : foreign)}", $"--Refiner:Models:0:Vqvae={TinyModel.Vqvae}"];
        AssertOneLine(await RunAsync("refiner", args, arguments => Task.FromResult(RefinerHost.Create(arguments))), checkpoint.Length > 0 ? message : foreign);
        File.Delete(foreign);
    }

    [Theory]
    [InlineData("Gateway:Drafters:0=http://localhost:1", "Gateway:Drafters and Gateway:Refiners must both be given")]
    [InlineData("Gateway:Port=-5", "Gateway:Port is -5; allowed: 0 to 65535")]
    [InlineData("Gateway:HttpPort=many", "Gateway:HttpPort is many; allowed: 1 to 65535 but for Gateway:Port, 0 for any that is free, or off")]
    [InlineData("Gateway:HttpPort=70000", "Gateway:HttpPort is 70000; allowed")]
    [InlineData("Gateway:HttpPort=50051", "Gateway:HttpPort is 50051; allowed")]
    [InlineData("Gateway:LargestRequest=0", "Gateway:LargestRequest is 0; allowed: 1 to 100000")]
    [InlineData("Drafter:Device:Weights=f8", "Drafter:Device:Weights is f8; allowed: f32, bf16")]
    public async Task Gateway_WithAWrongSetting_EndsInOneLine(string setting, string message)
        => AssertOneLine(await RunAsync("gateway", [$"--{setting}"], GatewayHost.CreateAsync), message);

    [Fact]
    public async Task Port_InUse_EndsInOneLine()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var run = await RunAsync("refiner", [$"--Refiner:Port={port}", "--Refiner:Host=127.0.0.1", "--Logging:LogLevel:Default=None"], args => Task.FromResult(RefinerHost.Create(args)));
        AssertOneLine(run, $"{port}");
    }

    [Fact]
    public async Task HttpPort_InUse_EndsInOneLine()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        string[] stages = ["--Gateway:Drafters:0=http://127.0.0.1:1", "--Gateway:Refiners:0=http://127.0.0.1:1"];
        var run = await RunAsync("gateway", [$"--Gateway:HttpPort={port}", "--Gateway:Port=0", "--Gateway:Host=127.0.0.1", "--Logging:LogLevel:Default=None", .. stages], GatewayHost.CreateAsync);
        AssertOneLine(run, $"http://127.0.0.1:{port}");
    }

    [Fact]
    public async Task Help_ListsEverySetting()
    {
        var (code, output, _) = await RunAsync("drafter", ["--help"], _ => throw new InvalidOperationException());
        Assert.Equal(0, code);
        Assert.All(DrafterHost.Settings(), row => Assert.Contains($"--{row.Key} ", output, StringComparison.Ordinal));
    }

    private static void AssertOneLine((int Code, string Output, string Error) run, string message)
    {
        Assert.Equal(1, run.Code);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(string name, string[] args, Func<string[], Task<Microsoft.AspNetCore.Builder.WebApplication>> create)
    {
        var (output, error) = (Console.Out, Console.Error);
        using var said = new StringWriter();
        using var complained = new StringWriter();
        Console.SetOut(said);
        Console.SetError(complained);
        try
        {
            return (await ServiceHost.RunAsync(name, 0, args, name == "drafter" ? DrafterHost.Settings() : [], create), said.ToString(), complained.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }
    }
}
