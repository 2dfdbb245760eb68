using CoDe.Drafter;
using CoDe.Engine.Serving;
using CoDe.Hosting.Lifecycle;
using CoDe.Hosting.Startup;
using CoDe.Refiner;
using Microsoft.AspNetCore.Builder;
using Xunit;

namespace CoDe.Gateway.Tests.Requests;

/// <summary>
/// The demonstration model behind a gateway without a result cache: a drafter, and two refiners that differ in batch
/// and threads.
/// </summary>
public sealed class ServedTinyModel : IAsyncLifetime
{
    private static readonly int[] AllButNine = [1, 2, 3, 4, 5, 6, 7, 8, 10];

    private readonly List<WebApplication> _stages = [];

    internal GatewayServer Gateway { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        string[] quiet = ["--Logging:LogLevel:Default=None"];
        string[] drafter = [.. quiet, "--Drafter:Port=0", "--Drafter:HttpPort=off", "--Drafter:Host=127.0.0.1"];
        string[] refiner = [.. quiet, "--Refiner:Port=0", "--Refiner:HttpPort=off", "--Refiner:Host=127.0.0.1"];
        _stages.Add(
            DrafterHost.Create([.. drafter, "--Drafter:LargestBatch=4", .. Tiny("Drafter", TinyModel.Drafter)]));
        _stages.Add(RefinerHost.Create([.. refiner, "--Refiner:LargestBatch=4"]));
        _stages.Add(RefinerHost.Create([.. refiner, "--Refiner:LargestBatch=8", "--Refiner:Device:Threads=1"]));
        foreach (var stage in _stages)
        {
            await stage.StartAndLoadAsync();
        }

        string[] addresses = [.. _stages.Select(stage => $"http://127.0.0.1:{ServiceHost.PortOf(stage)}")];
        Gateway = await GatewayServer.StartAsync(
            addresses[..1], addresses[1..], "--Gateway:LargestBatch=4", "--Gateway:CacheMegabytes=0");
    }

    public async Task DisposeAsync()
    {
        await Gateway.DisposeAsync();
        foreach (var stage in _stages)
        {
            await stage.StopAsync();
            await stage.DisposeAsync();
        }
    }

    /// <summary>The demonstration model for <see cref="AllButNine"/>.</summary>
    private static IEnumerable<string> Tiny(string section, string checkpoint) =>
    [
        $"--{section}:Models:0:Name=tiny", $"--{section}:Models:0:Checkpoint={checkpoint}",
        $"--{section}:Models:0:Vqvae={TinyModel.Vqvae}",
        .. AllButNine.Select((steps, index) => $"--{section}:Models:0:Steps:{index}={steps}"),
    ];
}
