using CoDe.Testing.Processes;
using Xunit;

namespace CoDe.EndToEnd.Callers;

/// <summary>A gateway without callers.</summary>
public sealed class OpenGatewayTests
{
    private const string Warning = "may use this gateway";

    [Fact]
    public async Task Gateway_ThatListensOnMoreThanLoopback_SaysThatItIsOpen()
    {
        await using var reachable = await ServiceProcess.StartGatewayAsync("--Gateway:Host=0.0.0.0");
        Assert.Single(reachable.Lines, line => line.Contains(Warning, StringComparison.Ordinal));
        await using var alone = await ServiceProcess.StartGatewayAsync();
        Assert.DoesNotContain(alone.Lines, line => line.Contains(Warning, StringComparison.Ordinal));
    }
}
