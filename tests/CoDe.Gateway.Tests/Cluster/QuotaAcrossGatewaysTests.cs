using CoDe.Gateway.Tests.Callers;
using CoDe.Protocol;
using CoDe.Protocol.V1;
using Grpc.Core;
using Xunit;

namespace CoDe.Gateway.Tests.Cluster;

/// <summary>A caller that asks two gateways at once.</summary>
public sealed class QuotaAcrossGatewaysTests : TwoGatewayTests, IDisposable
{
    private const int Limit = 400;
    private const int Callers = 4;

    private readonly string _file = Path.GetTempFileName();
    private readonly string _key = ApiKey.Create();

    public QuotaAcrossGatewaysTests() => File.WriteAllText(
        _file, ClosedGateway.LineOf("tenant", _key, $"images-per-minute={Limit} jobs-running=1"));

    protected override string[] Options => [$"--Gateway:Callers:KeyFile={_file}"];

    public void Dispose() => File.Delete(_file);

    [Fact]
    public async Task Images_AskedOfBothGateways_AreTheQuotaWithinFivePercent()
    {
        var load = new[] { First, Second }.SelectMany(gateway => Enumerable.Range(0, Callers)
            .Select(caller => AskUntilRefusedAsync(gateway, images: 1 + (caller % 3))));
        var images = await Task.WhenAll(load);
        Assert.InRange(images.Sum(), Limit * 0.95, Limit * 1.05);
        Assert.All(images, each => Assert.NotEqual(0, each));
    }

    [Fact]
    public async Task Jobs_SubmittedToBothGateways_AreAsManyAsMayRun()
    {
        var go = new TaskCompletionSource();
        Stage.OnCall = _ => go.Task;
        await JobsOf(First).SubmitJobAsync(SubmissionOf("a"));
        var refusal = await Assert.ThrowsAsync<RpcException>(
            async () => await JobsOf(Second).SubmitJobAsync(SubmissionOf("b")));
        Assert.Equal(StatusCode.ResourceExhausted, refusal.StatusCode);
        Assert.Equal("a", (await JobsOf(Second).SubmitJobAsync(SubmissionOf("a"))).Id);
        go.SetResult();
    }

    private static SubmitJobRequest SubmissionOf(string id)
        => new() { Id = id, Request = new GenerateRequest { Labels = { "1" }, Seed = 1 } };

    private Protocol.V1.Jobs.JobsClient JobsOf(GatewayServer gateway) => new(gateway.As(_key));

    /// <returns>The images that it got.</returns>
    private async Task<int> AskUntilRefusedAsync(GatewayServer gateway, int images)
    {
        var client = new Generation.GenerationClient(gateway.As(_key));
        var request = new GenerateRequest { Labels = { "1" }, Count = (uint)images, Format = ImageFormat.Rgb };
        for (var got = 0; ; got += images)
        {
            try
            {
                await client.GenerateAsync(request);
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.ResourceExhausted)
            {
                return got;
            }
        }
    }
}
