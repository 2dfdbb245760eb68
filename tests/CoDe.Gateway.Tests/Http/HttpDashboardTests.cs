using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Xunit;

namespace CoDe.Gateway.Tests.Http;

/// <summary>The Orleans dashboard, served where it is asked for.</summary>
public sealed class HttpDashboardTests
{
    private const string Setting = "--Gateway:Dashboard=true";

    [Fact]
    public async Task Dashboard_TurnedOn_ServesItsPageAndWhatThePageLoads()
    {
        await using var stage = await StageDouble.StartAsync();
        await using var gateway = await GatewayServer.StartAsync([stage.Address], [stage.Address], Setting);
        Assert.Contains("index.min.js", await gateway.Http.GetStringAsync("/dashboard"), StringComparison.Ordinal);
        foreach (var asset in new[] { "index.min.js", "index.css" })
        {
            Assert.NotEmpty(await gateway.Http.GetByteArrayAsync($"/dashboard/{asset}"));
        }
    }

    [Fact]
    public async Task Dashboard_TurnedOn_NamesTheSilo()
    {
        await using var stage = await StageDouble.StartAsync();
        await using var gateway = await GatewayServer.StartAsync([stage.Address], [stage.Address], Setting);
        var host = await FirstHostAsync(gateway.Http);
        var silo = gateway.Services.GetRequiredService<ILocalSiloDetails>();
        Assert.Equal(silo.SiloAddress.ToParsableString(), host.GetProperty("siloAddress").GetString());
        Assert.Equal(silo.Name, host.GetProperty("siloName").GetString());
        Assert.Equal("Active", host.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Dashboard_TurnedOn_StreamsNoLogAndIsNoPartOfTheApi()
    {
        await using var stage = await StageDouble.StartAsync();
        await using var gateway = await GatewayServer.StartAsync([stage.Address], [stage.Address], Setting);
        using var trace = await gateway.Http.GetAsync("/dashboard/Trace");
        Assert.Equal(HttpStatusCode.Forbidden, trace.StatusCode);
        var description = await gateway.Http.GetStringAsync("/openapi/v1.json");
        Assert.DoesNotContain("dashboard", description, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("/dashboard")]
    [InlineData("/dashboard/")]
    [InlineData("/dashboard/DashboardCounters")]
    public async Task Dashboard_ByDefault_IsNotThere(string path)
    {
        await using var stage = await StageDouble.StartAsync();
        await using var gateway = await GatewayServer.StartAsync([stage.Address], [stage.Address]);
        using var response = await gateway.Http.GetAsync(path);
        await response.AssertErrorAsync(HttpStatusCode.NotFound, 5, $"There is nothing at {path}.");
    }

    [Fact]
    public async Task Dashboard_OnTheGrpcPort_IsNotThere()
    {
        await using var stage = await StageDouble.StartAsync();
        await using var gateway = await GatewayServer.StartAsync([stage.Address], [stage.Address], Setting);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway.Addresses[0], "/dashboard/"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var response = await gateway.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    /// <summary>Gets the first silo of the dashboard, which samples the cluster once a second.</summary>
    private static async Task<JsonElement> FirstHostAsync(HttpClient http)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            var counters = await http.GetFromJsonAsync<JsonElement>("/dashboard/DashboardCounters", patience.Token);
            var hosts = counters.GetProperty("hosts");
            if (hosts.GetArrayLength() > 0)
            {
                return hosts[0];
            }

            await Task.Delay(5, patience.Token);
        }
    }
}
