using System.Net;
using System.Text.RegularExpressions;
using CoDe.Protocol.V1;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Xunit;

namespace CoDe.Gateway.Tests.Http;

/// <summary>The OpenAPI document, and the page to browse it.</summary>
public sealed partial class HttpReferenceTests : IAsyncLifetime
{
    /// <summary>Routes for browsers and for monitoring, which are not part of the API.</summary>
    private static readonly string[] Pages =
    [
        "/", "/page/page.css", "/metrics",
        .. CoDe.Gateway.Http.PageEndpoints.Scripts.Select(script => $"/page/{script}"),
    ];

    private static readonly Dictionary<string, MessageDescriptor> Messages =
        GenerationReflection.Descriptor.MessageTypes
            .Concat(FlowReflection.Descriptor.MessageTypes)
            .Concat(JobsReflection.Descriptor.MessageTypes)
            .Concat(PlanReflection.Descriptor.MessageTypes)
            .Concat(TimelineReflection.Descriptor.MessageTypes)
            .ToDictionary(message => message.Name);

    private GatewayServer _gateway = null!;

    public async Task InitializeAsync()
        => _gateway = await GatewayServer.StartAsync(["http://127.0.0.1:1"], ["http://127.0.0.1:1"]);

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task Document_Read_IsOpenApi3WithoutErrors()
    {
        var text = await _gateway.Http.GetStringAsync("/openapi/v1.json");
        var read = OpenApiDocument.Parse(text, "json");
        Assert.Empty(read.Diagnostic!.Errors);
        Assert.Empty(read.Diagnostic.Warnings);
        Assert.Equal(OpenApiSpecVersion.OpenApi3_1, read.Diagnostic.SpecificationVersion);
        foreach (var reference in References().Matches(text).Select(match => match.Groups[1].Value))
        {
            Assert.Contains(reference, read.Document!.Components!.Schemas!.Keys);
        }
    }

    [Fact]
    public async Task Document_Paths_AreTheMappedRoutes()
    {
        var document = await DocumentAsync();
        var routes = _gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is null)
            .Select(endpoint => endpoint.RoutePattern.RawText!)
            .Where(route => !Pages.Contains(route) && !IsGrpc(route)).Distinct();
        Assert.Equal(routes.Order(StringComparer.Ordinal), document.Paths.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Document_PropertiesOfSchemas_AreFieldsOfTheMessages()
    {
        var schemas = (await DocumentAsync()).Components!.Schemas!;
        var ofMessages = schemas.Where(schema => schema.Value.Properties?.Count > 0)
            .Where(schema => schema.Key is not ("Error" or "Health"))
            .ToList();
        Assert.NotEmpty(ofMessages);
        foreach (var (name, schema) in ofMessages)
        {
            var fields = Messages[name].Fields.InDeclarationOrder();
            Assert.Equal(fields.Select(field => field.JsonName).Order(), schema.Properties!.Keys.Order());
            Assert.All(fields, field => Assert.Equal(TypeOf(field), schema.Properties[field.JsonName].Type));
        }
    }

    [Fact]
    public async Task Document_MessagesOfRequests_RequireNoField()
    {
        var schemas = (await DocumentAsync()).Components!.Schemas!;
        string[] requests = ["GenerateRequest", "Settings", "EditRequest", "Image"];
        Assert.All(requests, request => Assert.True(schemas[request].Required is null or { Count: 0 }, request));
        Assert.Equal(["images", "model", "seed", "steps"], schemas["GenerateResponse"].Required!.Order());
        Assert.Equal(["index", "label", "labelName", "tokenMaps"], schemas["GeneratedImage"].Required!.Order());
    }

    [Fact]
    public async Task Document_Fields_HaveTheCommentsOfTheProtos()
    {
        var schemas = (await DocumentAsync()).Components!.Schemas!;
        var topK = schemas["Settings"].Properties!["topK"];
        Assert.Equal("The k likeliest codes are kept; 0 keeps all.", topK.Description);
        Assert.Equal("A model that both stages serve.", schemas["Model"].Description);
        Assert.Contains("`IMAGE_FORMAT_WEBP`: Lossless.", schemas["ImageFormat"].Description, StringComparison.Ordinal);
        var format = Assert.IsType<OpenApiSchema>(schemas["ImageFormat"]);
        Assert.Equal(4, format.Enum!.Count);
    }

    [Fact]
    public async Task Document_Operations_TellAnswersAndErrors()
    {
        var document = await DocumentAsync();
        var generate = document.Paths["/v1/generate"].Operations![HttpMethod.Post];
        Assert.Equal(
            ["application/json", "image/jpeg", "image/png", "image/webp", "text/event-stream"],
            generate.Responses!["200"].Content!.Keys.Order());
        Assert.Equal(["200", "400", "404", "413", "415", "429", "500", "503"], generate.Responses.Keys.Order());
        Assert.Contains("Retry-After", generate.Responses["429"].Headers!.Keys);
        var image = document.Paths["/v1/image"].Operations![HttpMethod.Get];
        Assert.Equal(CoDe.Gateway.Http.ImageQuery.FieldNames, image.Parameters!.Select(each => each.Name));
        Assert.Contains("406", image.Responses!.Keys);
        Assert.Contains("CoDe-Seed", image.Responses["200"].Headers!.Keys);
        var images = document.Paths["/v1/jobs/{id}/images"].Operations![HttpMethod.Get];
        Assert.Equal(
            ["id path", "page_size query", "page_token query"],
            images.Parameters!.Select(each => $"{each.Name} {each.In}".ToLowerInvariant()));
        Assert.Equal(["GET", "POST"], document.Paths["/v1/jobs"].Operations!.Keys.Select(key => key.Method).Order());
        var stream = document.Paths["/v1/generate/stream"].Operations![HttpMethod.Post];
        Assert.All(
            [image, generate, stream],
            each => Assert.Contains("Cache-Status", each.Responses!["200"].Headers!.Keys));
    }

    [Fact]
    public async Task Docs_Page_LoadsOnlyWhatIsServedHere()
    {
        using var response = await _gateway.Http.GetAsync("/docs/");
        var page = await response.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.DoesNotContain("://", page, StringComparison.Ordinal);
        foreach (var script in Scripts().Matches(page).Select(match => match.Groups[1].Value))
        {
            using var loaded = await _gateway.Http.GetAsync($"/docs/{script}");
            Assert.Equal(HttpStatusCode.OK, loaded.StatusCode);
        }

        var policy = response.Header("Content-Security-Policy");
        Assert.StartsWith("default-src 'none'; script-src 'self' 'nonce-", policy, StringComparison.Ordinal);
        Assert.Contains("connect-src 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("://", policy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Docs_EachAnswer_HasANonceOfItsOwn()
    {
        using var first = await _gateway.Http.GetAsync("/docs/");
        using var second = await _gateway.Http.GetAsync("/docs/");
        Assert.NotEqual(first.Header("Content-Security-Policy"), second.Header("Content-Security-Policy"));
    }

    private static bool IsGrpc(string route)
        => route.Contains("unimplemented", StringComparison.Ordinal) || GrpcRoute().IsMatch(route);

    /// <summary>References have the type of the schema they refer to.</summary>
    private static JsonSchemaType? TypeOf(FieldDescriptor field) => field switch
    {
        { IsRepeated: true } => JsonSchemaType.Array,
        { FieldType: FieldType.Message, MessageType.Name: "Timestamp" } => JsonSchemaType.String,
        { FieldType: FieldType.Message } => JsonSchemaType.Object,
        { FieldType: FieldType.Bool } => JsonSchemaType.Boolean,
        { FieldType: FieldType.Double } => JsonSchemaType.Number,
        { FieldType: FieldType.UInt32 } => JsonSchemaType.Integer,
        _ => JsonSchemaType.String,
    };

    private async Task<OpenApiDocument> DocumentAsync()
        => OpenApiDocument.Parse(await _gateway.Http.GetStringAsync("/openapi/v1.json"), "json").Document!;

    [GeneratedRegex("\"#/components/schemas/([^\"]+)\"")]
    private static partial Regex References();

    [GeneratedRegex("""src="([^"]+)""")]
    private static partial Regex Scripts();

    [GeneratedRegex(@"^/(code\.v1|grpc)\.")]
    private static partial Regex GrpcRoute();
}
