using CoDe.Testing.Processes;
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
    public async Task Gateway_SaysWhereItServesHttpAndDoes()
    {
        await using var gateway = await ServiceProcess.StartGatewayAsync();
        Assert.Single(gateway.Lines, line => line.Contains("gateway serves HTTP on ", StringComparison.Ordinal));
        Assert.NotEqual(gateway.Port, gateway.HttpAddress.Port);
        using var http = new HttpClient { BaseAddress = gateway.HttpAddress };
        Assert.Equal("""{"status":"ready"}""", await http.GetStringAsync("/health/ready"));
    }

    [Fact]
    public async Task Gateway_WithWrongOptions_SaysSoInOneLine()
    {
        var error = await Assert
            .ThrowsAsync<InvalidOperationException>(() => ServiceProcess.StartGatewayAsync("--Gateway:LargestBatch=0"));
        Assert.EndsWith(
            "said: gateway: Gateway:LargestBatch is 0; allowed: 1 to 256", error.Message, StringComparison.Ordinal);
    }
}
