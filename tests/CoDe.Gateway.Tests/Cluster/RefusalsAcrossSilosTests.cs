using Grpc.Core;
using Xunit;

namespace CoDe.Gateway.Tests.Cluster;

/// <summary>Requests that the dispatcher of the other gateway does not accept.</summary>
public sealed class RefusalsAcrossSilosTests : TwoGatewayTests
{
    protected override string[] Options => ["--Gateway:QueueLimit=2"];

    [Fact]
    public async Task Queue_ThatIsFull_RefusesAndSaysWhenToTryAgain()
    {
        var refused = await Assert.ThrowsAsync<RpcException>(
            () => AskAsync(Second, "1", "2", "3").WaitAsync(Patience));
        Assert.Equal(
            (StatusCode.ResourceExhausted, "0 of at most 2 images wait; try again later."),
            (refused.StatusCode, refused.Status.Detail));
        Assert.Equal("1", refused.Trailers.GetValue("retry-after"));
        Assert.Empty(Stage.Calls);
        Assert.Equal(2, (await AskAsync(Second, "1", "2").WaitAsync(Patience)).Images.Count);
    }
}
