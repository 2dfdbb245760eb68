using CoDe.Processes;
using Xunit;

namespace CoDe.EndToEnd.Processes;

public sealed class ServiceProcessTests
{
    [Fact]
    public async Task Gateway_AskedToEnd_EndsWithZero()
    {
        await using var gateway = await ServiceProcess.StartGatewayAsync();
        Assert.InRange(gateway.Port, 1, ushort.MaxValue);
        Assert.Equal(0, await gateway.StopAsync());
    }

    [Fact]
    public async Task Gateway_WithWrongOptions_SaysSoInOneLine()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ServiceProcess.StartGatewayAsync("--Gateway:LargestBatch=0"));
        Assert.EndsWith("said: gateway: Gateway:LargestBatch is 0; allowed: 1 to 256", error.Message, StringComparison.Ordinal);
    }
}
