using System.Net;
using CoDe.Protocol.V1;
using Grpc.Net.Client;
using Xunit;

namespace CoDe.Gateway.Tests.Cluster;

/// <summary>One caller has 10,000 images in the queue, and another asks for single ones.</summary>
public sealed class FairnessTests : TwoGatewayTests, IDisposable
{
    private const int Greedy = 10_000;

    /// <summary>Batches that a drafter holds: one that runs and one that waits.</summary>
    private const int InFlight = 2;

    private readonly SemaphoreSlim _step = new(0);

    protected override string[] Options => ["--Gateway:QueueLimit=20000", $"--Gateway:LargestRequest={Greedy}"];

    public void Dispose() => _step.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SingleImages_BesideTenThousandOfAnother_WaitForTwoBatchesEach(bool throughOther)
    {
        Stage.OnCall = call => IsDraft(call) ? _step.WaitAsync() : Task.CompletedTask;
        using var greedy = await QueueAsync(First.Client, Of("1", Greedy));
        await UntilAsync(() => Drafts().Length == InFlight);
        using var channel = (throughOther ? Second : First).ConnectFrom(IPAddress.Parse("127.0.0.2"));
        for (var (round, label) = (0, 2); round < 5; round++, label++)
        {
            await AssertDraftedNextAsync(channel, $"{label}");
        }
    }

    /// <summary>Asks for an image and lets batches through one by one until it is answered.</summary>
    private async Task AssertDraftedNextAsync(GrpcChannel channel, string label)
    {
        var atAdmission = Drafts().Length;
        using var single = await QueueAsync(new Generation.GenerationClient(channel), Of(label, 1));
        Assert.InRange(single.ResponseStream.Current.Queued.Ahead, Greedy / 2u, (uint)Greedy);
        Assert.Equal(atAdmission, Drafts().Length);

        // The first of the two batches in flight ends; the next that is formed has the image.
        _step.Release();
        await UntilAsync(() => Drafts().Length == atAdmission + 1);
        Assert.Contains(label, Drafts()[^1]);
        Assert.Equal(4, Drafts()[^1].Length);

        // The second of them and this one.
        _step.Release(InFlight);
        var image = (await RestAsync(single))[^1].Image;
        Assert.Equal(label, image.LabelName);
        await UntilAsync(() => Drafts().Length == atAdmission + 1 + InFlight);
    }

    private string[][] Drafts() => [.. Stage.Calls.Where(IsDraft).Select(call => call.Split(": ")[1].Split(' '))];

    private static bool IsDraft(string call) => call.StartsWith("draft", StringComparison.Ordinal);

    private static GenerateRequest Of(string label, uint count)
        => new() { Labels = { label }, Count = count, Steps = 8, Format = ImageFormat.Rgb };
}
