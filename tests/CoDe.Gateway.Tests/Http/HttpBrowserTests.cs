using System.Net;
using Xunit;

namespace CoDe.Gateway.Tests.Http;

/// <summary>Requests that browsers send for pages of the gateway, of allowed origins and of strangers.</summary>
public sealed class HttpBrowserTests : IAsyncLifetime
{
    private const string Friend = "https://page.example";
    private const string Stranger = "https://other.example";

    private StageDouble _stage = null!;
    private GatewayServer _gateway = null!;

    public async Task InitializeAsync()
    {
        _stage = await StageDouble.StartAsync();
        _gateway = await GatewayServer.StartAsync(
            [_stage.Address], [_stage.Address],
            $"--Gateway:CorsOrigins:0={Friend}", "--Gateway:AllowedHosts:0=images.example.com");
    }

    [Theory]
    [InlineData("localhost:8080")]
    [InlineData("gateway")]
    [InlineData("gateway.default.svc")]
    [InlineData("10.0.0.7:8080")]
    [InlineData("[::1]:8080")]
    [InlineData("IMAGES.example.com")]
    public async Task Host_OfTheGateway_IsServed(string host)
    {
        using var answer = await SendAsync(HttpMethod.Get, "/v1/models", ("Host", host));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData("evil.example")]
    [InlineData("images.example.com.evil.example")]
    public async Task Host_OfAStranger_IsRefused(string host)
    {
        using var answer = await SendAsync(HttpMethod.Get, "/v1/models", ("Host", host));
        await answer.AssertErrorAsync(HttpStatusCode.BadRequest, 3, $"Host is {host}; allowed: an address");
    }

    [Fact]
    public async Task Request_AcrossSites_IsRefusedUnlessItsOriginIsAllowed()
    {
        (string, string) across = ("Sec-Fetch-Site", "cross-site");
        using var refused = await SendAsync(HttpMethod.Get, "/v1/models", across, ("Origin", Stranger));
        await refused.AssertErrorAsync(HttpStatusCode.BadRequest, 3, $"Origin is {Stranger}; allowed: this gateway's");
        using var picture = await SendAsync(HttpMethod.Get, "/v1/models", across, ("Sec-Fetch-Mode", "no-cors"));
        Assert.Equal(HttpStatusCode.BadRequest, picture.StatusCode);
        using var link = await SendAsync(HttpMethod.Get, "/", across, ("Sec-Fetch-Mode", "navigate"));
        Assert.Equal(HttpStatusCode.OK, link.StatusCode);
        using var allowed = await SendAsync(HttpMethod.Get, "/v1/models", across, ("Origin", Friend));
        Assert.Equal(HttpStatusCode.OK, allowed.StatusCode);
    }

    [Fact]
    public async Task Answer_ToAPageOfAnAllowedOrigin_MayBeReadErrorsIncluded()
    {
        using var preflight = await SendAsync(
            HttpMethod.Options, "/v1/generate", ("Origin", Friend), ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "content-type"));
        Assert.Equal(Friend, preflight.Header("Access-Control-Allow-Origin"));
        using var answer = await SendAsync(HttpMethod.Get, "/v1/models", ("Origin", Friend));
        Assert.Equal(Friend, answer.Header("Access-Control-Allow-Origin"));
        using var error = await SendAsync(HttpMethod.Get, "/v1/image?label=nope", ("Origin", Friend));
        Assert.Equal(
            (HttpStatusCode.BadRequest, Friend), (error.StatusCode, error.Header("Access-Control-Allow-Origin")));
        using var other = await SendAsync(HttpMethod.Get, "/v1/models", ("Origin", Stranger));
        Assert.False(other.Headers.Contains("Access-Control-Allow-Origin"));
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _stage.DisposeAsync();
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await _gateway.Http.SendAsync(request);
    }
}
