using System.Net;
using System.Text.RegularExpressions;
using CoDe.Gateway.Http;
using CoDe.Protocol.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit;

namespace CoDe.Gateway.Tests.Http;

/// <summary>The page, and that each port serves its own.</summary>
public sealed partial class HttpFaceTests : DoubleStageTests
{
    [Theory]
    [InlineData("/", "text/html")]
    [InlineData("/page/page.css", "text/css")]
    [InlineData("/page/page.js", "text/javascript")]
    public async Task Page_IsServedWithWhatKeepsItSafe(string path, string type)
    {
        using var response = await Gateway.Http.GetAsync(path);
        Assert.Equal((HttpStatusCode.OK, type), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.Equal("nosniff", response.Header("X-Content-Type-Options"));
        var policy = response.Header("Content-Security-Policy");
        Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("no-referrer", response.Header("Referrer-Policy"));
        Assert.Contains("camera=()", response.Header("Permissions-Policy"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_AsksForNothingThatIsNotServedHere()
    {
        var page = await Gateway.Http.GetStringAsync("/");
        string[] assets = [.. Assets().Matches(page).Select(match => match.Groups[1].Value)];
        Assert.Equal(["data:,", "page/page.css", "page/page.js"], assets);
        Assert.DoesNotContain(
            "://",
            page + await Gateway.Http.GetStringAsync("/page/page.css") + await ScriptsAsync(),
            StringComparison.Ordinal);
        Assert.Empty(Inline().Matches(page));
    }

    /// <summary>A proxy may serve it under a path.</summary>
    [Fact]
    public async Task Page_AsksRelativeToItsOwnAddress()
    {
        var script = await ScriptsAsync();
        Assert.Contains("ask('v1/models')", script, StringComparison.Ordinal);
        Assert.DoesNotMatch("""(?:ask|fetch)\(\s*['"`]/""", script);
        Assert.DoesNotContain("=\"/", await Gateway.Http.GetStringAsync("/"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_NamesEveryField()
    {
        var page = await Gateway.Http.GetStringAsync("/");
        string[] fields = [.. Fields().Matches(page).Select(match => match.Groups[1].Value)];
        Assert.Equal(
            [
                "key", "model", "search", "labels", "count", "steps", "seed", "guidance", "brush",
                "plan-devices", "plan-memory", "plan-rate", "plan-latency", "plan-steps", "plan-times",
            ],
            fields.Except(["edit-file"]));
        Assert.All(
            fields.Except(["labels", "edit-file"]),
            field => Assert.Contains($"<label for=\"{field}\">", page, StringComparison.Ordinal));
        Assert.Contains("aria-label=\"Classes\"", page, StringComparison.Ordinal);
        Assert.Contains("<label class=\"file\">Picture <input id=\"edit-file\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Head_OfThePage_HasNoBody()
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, "/");
        using var response = await Gateway.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task HttpPort_ServesNoGrpc()
    {
        using var channel = GrpcChannel.ForAddress(Gateway.Addresses[1]);
        var error = await Assert.ThrowsAsync<RpcException>(async () =>
            await new Generation.GenerationClient(channel).ListModelsAsync(new ListModelsRequest()));
        Assert.Contains("HTTP_1_1_REQUIRED", error.Status.Detail, StringComparison.Ordinal);
        foreach (var host in new[] { Gateway.Addresses[0].Authority, Gateway.Addresses[1].Authority })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/code.v1.Generation/ListModels")
            {
                Content = new ByteArrayContent(new byte[5]),
            };
            request.Content.Headers.ContentType = new("application/grpc");
            request.Headers.Host = host;
            using var response = await Gateway.Http.SendAsync(request);
            await response.AssertErrorAsync(
                HttpStatusCode.NotFound, 5, "There is nothing at /code.v1.Generation/ListModels.");
        }
    }

    [Fact]
    public async Task GrpcPort_ServesNoPage()
    {
        using var client = new HttpClient { BaseAddress = Gateway.Addresses[0] };
        using var http1 = await client.GetAsync("/");
        Assert.Equal(
            (HttpStatusCode.BadRequest, "An HTTP/1.x request was sent to an HTTP/2 only endpoint."),
            (http1.StatusCode, await http1.Content.ReadAsStringAsync()));
        foreach (var path in new[] { "/", "/page/page.js", "/health/live", "/v1/image?label=1" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path)
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            request.Headers.Host = Gateway.Addresses[1].Authority;
            using var http2 = await client.SendAsync(request);
            Assert.True(
                http2.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed,
                $"{path}: {http2.StatusCode}");
            Assert.Empty(await http2.Content.ReadAsByteArrayAsync());
        }

        Assert.Empty(Stage.Calls);
    }

    [Fact]
    public async Task HttpPort_ThatIsOff_LeavesGrpc()
    {
        await using var gateway = await GatewayServer.StartAsync(
            [Stage.Address], [Stage.Address], "--Gateway:HttpPort=off");
        Assert.Single(gateway.Addresses);
        Assert.Single((await gateway.Client.ListModelsAsync(new ListModelsRequest())).Models);
    }

    private async Task<string> ScriptsAsync()
        => string.Concat(await Task.WhenAll(
            PageEndpoints.Scripts.Select(script => Gateway.Http.GetStringAsync($"/page/{script}"))));

    [GeneratedRegex("""<(?:link|script|img)[^>]*(?:href|src)="([^"]*)""")]
    private static partial Regex Assets();

    [GeneratedRegex("""<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)""")]
    private static partial Regex Inline();

    [GeneratedRegex("""<(?:input|select|textarea) id="([^"]*)""")]
    private static partial Regex Fields();
}
