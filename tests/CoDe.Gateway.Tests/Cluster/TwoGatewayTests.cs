using CoDe.Gateway.Lanes;
using CoDe.Protocol.V1;
using CoDe.Testing.Certificates;
using CoDe.Testing.Processes;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using Xunit;

namespace CoDe.Gateway.Tests.Cluster;

/// <summary>
/// Base of tests that use two gateways of this process, which share a Redis, a folder and one
/// <see cref="StageDouble"/>. All are made anew for each test.
/// </summary>
public abstract class TwoGatewayTests : IAsyncLifetime
{
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private RedisServer _redis = null!;

    internal StageDouble Stage { get; private set; } = null!;

    /// <summary>The gateway that dispatches for both.</summary>
    internal GatewayServer First { get; private set; } = null!;

    internal GatewayServer Second { get; private set; } = null!;

    /// <summary>The folder that the gateways share.</summary>
    protected string DataFolder { get; } = Directory.CreateTempSubdirectory("code-data-").FullName;

    /// <summary>Gets further options of both gateways.</summary>
    protected virtual string[] Options => [];

    /// <summary>Gets the certificate of the stage; null for a stage without TLS.</summary>
    protected virtual CertificateFiles? StageCertificate => null;

    public async Task InitializeAsync()
    {
        _redis = await RedisServer.StartAsync();
        Stage = await StageDouble.StartAsync(certificate: StageCertificate);
        GatewayServer[] gateways = [await StartAsync(), await StartAsync()];
        var dispatcher = await FindDispatcherAsync(gateways);
        First = gateways.Single(gateway => SiloOf(gateway).Equals(dispatcher));
        Second = gateways.Single(gateway => gateway != First);
    }

    public async Task DisposeAsync()
    {
        await Second.DisposeAsync();
        await First.DisposeAsync();
        await Stage.DisposeAsync();
        await _redis.DisposeAsync();
        Directory.Delete(DataFolder, recursive: true);
    }

    internal static Task<GenerateResponse> AskAsync(GatewayServer gateway, params string[] labels)
    {
        var request = new GenerateRequest { Steps = 8, Format = ImageFormat.Rgb };
        request.Labels.AddRange(labels);
        return gateway.Client.GenerateAsync(request).ResponseAsync;
    }

    /// <summary>Sends a request and waits until it is accepted.</summary>
    internal static async Task<AsyncServerStreamingCall<GenerateEvent>> QueueAsync(
        Generation.GenerationClient client, GenerateRequest request)
    {
        var call = client.GenerateStream(request);
        Assert.True(await call.ResponseStream.MoveNext(default).WaitAsync(Patience));
        Assert.NotNull(call.ResponseStream.Current.Queued);
        return call;
    }

    /// <summary>Reads the other events of a request.</summary>
    internal static async Task<List<GenerateEvent>> RestAsync(AsyncServerStreamingCall<GenerateEvent> call)
    {
        var events = new List<GenerateEvent>();
        while (await call.ResponseStream.MoveNext(default).WaitAsync(Patience))
        {
            events.Add(call.ResponseStream.Current);
        }

        return events;
    }

    /// <summary>Gives the drafter as many batches as it takes, of label 0, which the test holds up.</summary>
    internal async Task<Task<GenerateResponse>[]> OccupyAsync()
    {
        var first = AskAsync(First, "0");
        await UntilAsync(() => Stage.Calls.Count == 1);
        var second = AskAsync(Second, "0");
        await UntilAsync(() => Stage.Calls.Count == 2);
        return [first, second];
    }

    protected static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!condition())
        {
            await Task.Delay(5, patience.Token);
        }
    }

    internal static SiloAddress SiloOf(GatewayServer gateway)
        => gateway.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress;

    /// <summary>
    /// Finds the silo of the dispatcher once both gateways name the same. The one that started first is it mostly: the
    /// second, while it joins, may not find it in the grain directory and takes its place.
    /// </summary>
    private static async Task<SiloAddress> FindDispatcherAsync(GatewayServer[] gateways)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var found = await Task.WhenAll(gateways.Select(async gateway =>
            {
                var grains = gateway.Services.GetRequiredService<IGrainFactory>();
                return await grains.GetGrain<IManagementGrain>(0)
                    .GetActivationAddress(grains.GetGrain<IDispatcher>(0));
            }));
            if (found is [{ } one, { } other] && one.Equals(other))
            {
                return one;
            }

            await Task.Delay(5, patience.Token);
        }
    }

    private Task<GatewayServer> StartAsync() => GatewayServer.StartAsync(
        [Stage.Address], [Stage.Address],
        [
            _redis.Setting, "--Gateway:SiloHost=127.0.0.1", "--Gateway:SiloPort=0",
            $"--Gateway:DataFolder={DataFolder}", "--Gateway:CacheMegabytes=0", .. Options,
        ]);
}
