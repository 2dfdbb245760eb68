using CoDe.Engine.Serving;
using CoDe.Gateway.Tests.Requests;
using CoDe.Hosting.Lifecycle;
using CoDe.Hosting.Startup;
using CoDe.Protocol.V1;
using CoDe.Worker;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Xunit;

namespace CoDe.Gateway.Tests.Replicas;

/// <summary>Workers behind a gateway, each given as drafter and as refiner.</summary>
public sealed class WorkerTests
{
    private static readonly string[] Alone =
        ["--Worker:Host=127.0.0.1", "--Worker:Port=0", "--Worker:HttpPort=off", "--Logging:LogLevel:Default=None"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Images_ThroughWorkers_AreThoseOfOneDevice(int workers)
    {
        var started = new List<WebApplication>();
        for (var worker = 0; worker < workers; worker++)
        {
            started.Add(WorkerHost.Create([.. Alone, "--Worker:LargestBatch=2", "--Worker:Device:Threads=1"]));
            await started[^1].StartAndLoadAsync();
        }

        string[] addresses = [.. started.Select(worker => $"http://127.0.0.1:{ServiceHost.PortOf(worker)}")];
        await using (var gateway = await GatewayServer.StartAsync(addresses, addresses))
        {
            var requests = Enumerable.Range(0, 6).Select(label => new GenerateRequest
            {
                Labels = { $"{label}" },
                Count = 3,
                Seed = 11,
                Steps = 7,
                Format = ImageFormat.Rgb,
            });
            var responses = await Task.WhenAll(
                requests.Select(request => gateway.Client.GenerateAsync(request).ResponseAsync));
            foreach (var (label, response) in responses.Index())
            {
                var local = ImageTests.Local([label, label, label], 7, TinyModel.Sampling, seed: 11);
                Assert.All(response.Images.Zip(local.Images), pair => Assert.True(
                    pair.First.Image.Data.Span.SequenceEqual(pair.Second.Rgb),
                    $"label {label}, image {pair.First.Index}"));
            }
        }

        foreach (var worker in started)
        {
            await worker.StopAsync();
            await worker.DisposeAsync();
        }
    }

    [Fact]
    public async Task Worker_ServesBothStagesUnderOneAddress()
    {
        await using var worker = WorkerHost.Create(Alone);
        await worker.StartAndLoadAsync();
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{ServiceHost.PortOf(worker)}");
        var drafting = await new Drafting.DraftingClient(channel).StatusAsync(new StatusRequest());
        var refining = await new Refining.RefiningClient(channel).StatusAsync(new StatusRequest());
        Assert.True(drafting.Ready && refining.Ready);
        var (drafter, refiner) = (Assert.Single(drafting.Models), Assert.Single(refining.Models));
        Assert.NotEqual(drafter.WeightsDigest, refiner.WeightsDigest);
        refiner.WeightsDigest = drafter.WeightsDigest;
        Assert.Equal(drafter, refiner);
        Assert.Equal(0, await ServiceHost.RunAsync(
            "worker", WorkerHost.DefaultPort, [$"--Worker:Port={ServiceHost.PortOf(worker)}", "--healthcheck"],
            WorkerHost.Settings(), WorkerHost.Create));
    }
}
