using CoDe.Gateway.Tests.Http;
using Xunit;

namespace CoDe.Gateway.Tests.Cluster;

/// <summary>The timeline of a gateway for which the other forms the batches.</summary>
public sealed class TimelineAcrossSilosTests : TwoGatewayTests
{
    [Fact]
    public async Task Timeline_OfTheOtherGateway_TellsTheSameBatches()
    {
        await using var first = await TimelineReader.OpenAsync(First);
        await using var second = await TimelineReader.OpenAsync(Second);
        await AskAsync(First, "1").WaitAsync(Patience);
        Assert.Equal(await first.BatchesAsync(2), await second.BatchesAsync(2));
        var state = await second.StateAsync(state => state.Gateways.Count == 2);
        Assert.Single(state.Gateways, gateway => gateway.Dispatches);
    }
}
