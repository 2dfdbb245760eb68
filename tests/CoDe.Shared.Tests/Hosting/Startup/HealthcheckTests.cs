using CoDe.Drafter;
using CoDe.Hosting.Lifecycle;
using CoDe.Hosting.Startup;
using Xunit;

namespace CoDe.Shared.Tests.Hosting.Startup;

/// <summary>The <c>--healthcheck</c> of a service, which the images call.</summary>
public sealed class HealthcheckTests
{
    [Fact]
    public async Task Healthcheck_ServiceThatServes_Exits0AndAnEndedOne1()
    {
        await using var app = DrafterHost.Create([
            "--Drafter:Port=0", "--Drafter:HttpPort=off",
            "--Drafter:Host=127.0.0.1", "--Logging:LogLevel:Default=None"]);
        await app.StartAndLoadAsync();
        var port = ServiceHost.PortOf(app);

        Assert.Equal(0, await CheckAsync($"{port}"));

        await app.StopAsync();
        Assert.Equal(1, await CheckAsync($"{port}"));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("70000")]
    public async Task Healthcheck_NoPort_Exits1(string port) => Assert.Equal(1, await CheckAsync(port));

    private static Task<int> CheckAsync(string port)
        => ServiceHost.RunAsync(
            "drafter", DrafterHost.DefaultPort, [$"--Drafter:Port={port}", "--healthcheck"],
            DrafterHost.Settings(), _ => throw new InvalidOperationException("It served."));
}
