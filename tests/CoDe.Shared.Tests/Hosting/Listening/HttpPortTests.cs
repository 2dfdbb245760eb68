using CoDe.Hosting.Lifecycle;
using CoDe.Refiner;
using CoDe.Shared.Tests.Hosting.Startup;
using Xunit;

namespace CoDe.Shared.Tests.Hosting.Listening;

/// <summary>HTTP ports that another process has.</summary>
public sealed class HttpPortTests
{
    private static readonly string[] Alone =
        ["--Refiner:Host=127.0.0.1", "--Refiner:Port=0", "--Logging:LogLevel:Default=None"];

    [Fact]
    public async Task DefaultPort_ThatIsTaken_GivesWayToAFreeOne()
    {
        await using var first = RefinerHost.Create(Alone);
        await using var second = RefinerHost.Create(Alone);
        await first.StartAndLoadAsync();
        await second.StartAndLoadAsync();
        Assert.NotEqual(first.Urls.Last(), second.Urls.Last());
        using var http = new HttpClient();
        foreach (var service in new[] { first, second })
        {
            using var ready = await http.GetAsync(new Uri(new Uri(service.Urls.Last()), "/health/ready"));
            Assert.True(ready.IsSuccessStatusCode);
        }
    }

    [Fact]
    public async Task ConfiguredPort_ThatIsTaken_EndsInOneLine()
    {
        await using var first = RefinerHost.Create([.. Alone, "--Refiner:HttpPort=0"]);
        await first.StartAndLoadAsync();
        await ServiceRun.AssertOneLineAsync(
            "refiner", [.. Alone, $"--Refiner:HttpPort={new Uri(first.Urls.Last()).Port}"],
            "address already in use. refiner:Port and refiner:HttpPort set other ports.");
    }
}
