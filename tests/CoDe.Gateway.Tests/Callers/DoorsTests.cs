using System.Net;
using System.Text;
using System.Text.Json;
using CoDe.Gateway.Tests.Http;
using CoDe.Protocol;
using CoDe.Protocol.V1;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace CoDe.Gateway.Tests.Callers;

/// <summary>
/// Every door of a closed gateway. Doors are found rather than listed, so that a new one is tried too: methods of gRPC
/// by the endpoints that are mapped, addresses of HTTP by the OpenAPI document and by those endpoints.
/// </summary>
public sealed class DoorsTests(ClosedGateway closed) : IClassFixture<ClosedGateway>
{
    /// <summary>Addresses that show nothing of anyone; pages are no use without a key.</summary>
    private static readonly string[] Open =
    [
        "/", "/page/page.css", "/health/live", "/health/ready", "/openapi/v1.json", "/docs", "/docs/",
        "/docs/scalar.js", "/docs/scalar.aspnetcore.js", "/docs/favicon.svg",
        .. CoDe.Gateway.Http.PageEndpoints.Scripts.Select(script => $"/page/{script}"),
    ];

    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create(bytes => bytes, bytes => bytes);

    private GatewayServer Gateway => closed.Gateway;

    [Fact]
    public void GrpcMethods_ThatAreMapped_AreThoseOfTheContractHealthAndReflection()
    {
        Assert.Superset(
            GenerationReflection.Descriptor.Services.Concat(JobsReflection.Descriptor.Services)
                .SelectMany(service => service.Methods)
                .Select(method => $"/{method.Service.FullName}/{method.Name}").ToHashSet(),
            GrpcMethods().ToHashSet());
        Assert.Contains(GrpcMethods(), method => method.StartsWith("/grpc.reflection.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task GrpcMethod_OfAnyService_WantsCredentialsButHealth()
    {
        foreach (var method in GrpcMethods())
        {
            var isOpen = method.StartsWith("/grpc.health.v1.Health/", StringComparison.Ordinal);
            foreach (var (calls, reason) in Strangers())
            {
                var status = await StatusOfAsync(calls, method);
                Assert.True(
                    isOpen == (status.StatusCode != StatusCode.Unauthenticated), $"{method}: {status.StatusCode}");
                Assert.True(
                    isOpen || status.Detail.StartsWith(reason, StringComparison.Ordinal), $"{reason} {status.Detail}");
            }

            var known = await StatusOfAsync(Gateway.As(closed.Key), method);
            Assert.False(known.StatusCode is StatusCode.Unauthenticated or StatusCode.PermissionDenied, method);
        }

        // The library answers for methods that there are not, whoever asks.
        Assert.Equal(StatusCode.Unimplemented, (await StatusOfAsync(Gateway.Calls, "/no.Service/Method")).StatusCode);
        Assert.Empty(closed.Stage.Calls);
    }

    [Fact]
    public async Task HttpAddress_OfTheApi_WantsCredentialsButHealth()
    {
        using var document = JsonDocument.Parse(await Gateway.Http.GetStringAsync("/openapi/v1.json"));
        var operations = document.RootElement.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(method => (Path: path.Name, Method: method.Name)))
            .ToArray();
        Assert.True(operations.Length > 15);
        foreach (var (path, method) in operations.Where(each => !Open.Contains(each.Path)))
        {
            await AssertClosedAsync(
                new HttpMethod(method.ToUpperInvariant()), path.Replace('{', 'x').Replace('}', 'x'));
        }
    }

    [Fact]
    public async Task HttpAddress_OutsideOfTheApi_IsClosedUnlessItIsAPage()
    {
        var routes = Gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>() is null)
            .Select(endpoint => $"/{endpoint.RoutePattern.RawText!.TrimStart('/')}")
            .Where(route => !route.Contains('{', StringComparison.Ordinal)).Distinct().ToArray();
        Assert.Contains("/metrics", routes);
        Assert.Contains(routes, route => route.StartsWith("/dashboard", StringComparison.Ordinal));
        string[] closedRoutes = ["/nothing", .. routes.Where(route => !Open.Contains(route) && !IsOfTheApi(route))];
        foreach (var route in closedRoutes)
        {
            await AssertClosedAsync(HttpMethod.Get, route);
        }

        foreach (var route in routes.Intersect(Open))
        {
            using var response = await Gateway.Http.GetAsync(route);
            Assert.NotEqual(HttpStatusCode.Unauthorized, response.StatusCode);
        }
    }

    [Theory]
    [InlineData("authorization", "Bearer ")]
    [InlineData("authorization", "bearer ")]
    [InlineData("x-api-key", "")]
    public async Task Key_InEitherHeader_IsTakenOnBothFaces(string header, string before)
    {
        var models = await new Generation.GenerationClient(Gateway.With(header, before + closed.Key))
            .ListModelsAsync(new ListModelsRequest());
        Assert.Single(models.Models);
        using var response = await SendAsync(HttpMethod.Get, "/v1/models", header, before + closed.Key);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    /// <summary>Browsers send a password again by themselves, also for a stranger's page.</summary>
    [Theory]
    [InlineData("/metrics", HttpStatusCode.OK, "Basic realm=\"CoDe\"")]
    [InlineData("/dashboard/", HttpStatusCode.OK, "Basic realm=\"CoDe\"")]
    [InlineData("/v1/timeline", HttpStatusCode.Unauthorized, "Bearer realm=\"CoDe\"")]
    [InlineData("/v1/models", HttpStatusCode.Unauthorized, "Bearer realm=\"CoDe\"")]
    public async Task HttpBasic_IsTakenAndOfferedForOperatorsAlone(string path, HttpStatusCode status, string offer)
    {
        var password = Convert.ToBase64String(Encoding.UTF8.GetBytes($"anyone:{closed.Key}"));
        using var known = await SendAsync(HttpMethod.Get, path, "Authorization", $"Basic {password}");
        Assert.Equal(status, known.StatusCode);
        using var unknown = await Gateway.Http.GetAsync(path);
        Assert.Equal(offer, unknown.Headers.WwwAuthenticate.First().ToString());
        using var nonsense = await SendAsync(HttpMethod.Get, path, "Authorization", "Basic !");
        Assert.Equal(HttpStatusCode.Unauthorized, nonsense.StatusCode);
    }

    [Fact]
    public async Task GrpcPort_OfAnotherRequest_IsClosedToo()
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Gateway.Addresses[0], "/"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var response = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    private IEnumerable<(CallInvoker Calls, string Reason)> Strangers() =>
    [
        (Gateway.Calls, "No credentials"),
        (Gateway.As(ApiKey.Create()), "The key is not known."),
        (Gateway.As(closed.Key + "x"), "The key is not known."),
        (Gateway.As("a.b.c"), "The token cannot be trusted."),
        (Gateway.With("x-api-key", ApiKey.DigestOf(closed.Key)), "The key is not known."),
        (Gateway.With("x-api-key", new string('x', 4000)), "The key is not known."),
        (Gateway.With("authorization", "Bearer "), "No credentials"),
        (Gateway.With("authorization", closed.Key), "No credentials"),
    ];

    private static bool IsOfTheApi(string route) => route.StartsWith("/v1/", StringComparison.Ordinal);

    private IEnumerable<string> GrpcMethods()
        => Gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.FullName)
            .OfType<string>().Distinct();

    /// <summary>Sends an empty message, whatever the kind of the method.</summary>
    private static async Task<Status> StatusOfAsync(CallInvoker calls, string method)
    {
        var parts = method.Split('/');
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var raw = new Method<byte[], byte[]>(MethodType.ServerStreaming, parts[1], parts[2], Bytes, Bytes);
        using var call = calls.AsyncServerStreamingCall(
            raw, null, new CallOptions(cancellationToken: patience.Token), []);
        try
        {
            // A watcher of health goes on after its first answer.
            await call.ResponseStream.MoveNext(patience.Token);
            return Status.DefaultSuccess;
        }
        catch (RpcException error)
        {
            return error.Status;
        }
    }

    private async Task AssertClosedAsync(HttpMethod method, string path)
    {
        using var stranger = await SendAsync(method, path, "X-None", "none");
        await stranger.AssertErrorAsync(HttpStatusCode.Unauthorized, 16, "No credentials");
        Assert.Contains("Bearer", stranger.Headers.WwwAuthenticate.Select(each => each.Scheme));
        using var wrong = await SendAsync(method, path, "Authorization", $"Bearer {ApiKey.Create()}");
        await wrong.AssertErrorAsync(HttpStatusCode.Unauthorized, 16, "The key is not known.");
        using var known = await SendAsync(method, path, "Authorization", $"Bearer {closed.Key}");
        Assert.True(known.StatusCode != HttpStatusCode.Unauthorized, path);
    }

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string header, string value)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.TryAddWithoutValidation(header, value);
        return Gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }
}
