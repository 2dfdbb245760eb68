using System.Globalization;
using System.Text.Json.Nodes;
using CoDe.Gateway.Results;
using CoDe.Protocol.V1;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;

namespace CoDe.Gateway.Http.OpenApi;

/// <summary>Fills the OpenAPI document from descriptions of routes and descriptors of messages.</summary>
internal sealed class ApiDocument(EndpointDataSource routes, IOptions<GatewayOptions> options)
    : IOpenApiDocumentTransformer
{
    private const string KeyScheme = "Key";
    private const string ErrorSchema = "Error";
    private const string HealthSchema = "Health";
    private const string OneClass = "A class by number or by name, or none.";

    private static readonly int[] RefusalsOfCallers =
        [StatusCodes.Status401Unauthorized, StatusCodes.Status403Forbidden];

    private static readonly Dictionary<string, string> HeaderDescriptions = new()
    {
        ["CoDe-Seed"] = "The seed, which makes the same image again.",
        ["CoDe-Label"] = "The class.",
        ["CoDe-Steps"] = "N, the scales that the drafter decoded.",
        ["CoDe-Model"] = "The model, percent-encoded.",
    };

    private static readonly OpenApiHeader CacheStatus =
        HeaderOf("What the result cache did, as RFC 9211 has it: `code; hit`, `code; fwd=miss; stored` and the like.");

    public Task TransformAsync(
        OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "CoDe",
            Version = "v1",
            Description = "Images of class labels, in the JSON mapping of Protocol Buffers.",
        };
        document.Paths = [];
        document.Tags = EndpointDescriptions.Tags.Select(tag => new OpenApiTag { Name = tag }).ToHashSet();
        document.Components = new OpenApiComponents();
        AddOwnSchemas(document);
        if (options.Value.Callers.AreKnown)
        {
            document.AddComponent<IOpenApiSecurityScheme>(KeyScheme, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "A key or a token.",
            });
        }

        var schemas = new ProtobufSchemas(document);
        var endpoints = routes.Endpoints.OfType<RouteEndpoint>().Where(IsDescribed).ToList();
        // What requests consist of has to be known before any schema is made.
        foreach (var body in endpoints.Select(endpoint => DescriptionOf(endpoint).Body).OfType<MessageDescriptor>())
        {
            schemas.OfRequest(body);
        }

        foreach (var endpoint in endpoints)
        {
            AddPath(document, schemas, endpoint);
        }

        return Task.CompletedTask;
    }

    private static bool IsDescribed(Endpoint endpoint)
        => endpoint.Metadata.GetMetadata<EndpointDescription>() is not null;

    private static EndpointDescription DescriptionOf(Endpoint endpoint)
        => endpoint.Metadata.GetRequiredMetadata<EndpointDescription>();

    private static void AddOwnSchemas(OpenApiDocument document)
    {
        document.AddComponent(ErrorSchema, new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Description = "What went wrong.",
            Required = new HashSet<string> { "code", "message" },
            Properties = new Dictionary<string, IOpenApiSchema>
            {
                ["code"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Description = "The gRPC status." },
                ["message"] = new OpenApiSchema { Type = JsonSchemaType.String },
            },
        });
        document.AddComponent(HealthSchema, new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Required = new HashSet<string> { "status" },
            Properties = new Dictionary<string, IOpenApiSchema>
            {
                ["status"] = new OpenApiSchema { Type = JsonSchemaType.String },
            },
        });
    }

    /// <summary>HEAD is left out where GET is there.</summary>
    private void AddPath(OpenApiDocument document, ProtobufSchemas schemas, RouteEndpoint endpoint)
    {
        var path = new OpenApiPathItem();
        foreach (var method in endpoint.Metadata.GetRequiredMetadata<IHttpMethodMetadata>().HttpMethods)
        {
            if (!HttpMethods.IsHead(method))
            {
                var operation = OperationOf(document, schemas, endpoint);
                path.AddOperation(HttpMethod.Parse(method), operation);
            }
        }

        var route = endpoint.RoutePattern.RawText!;
        if (document.Paths.TryGetValue(route, out var there))
        {
            foreach (var (method, operation) in path.Operations!)
            {
                there.Operations!.Add(method, operation);
            }

            return;
        }

        document.Paths.Add(route, path);
    }

    private OpenApiOperation OperationOf(
        OpenApiDocument document, ProtobufSchemas schemas, RouteEndpoint endpoint)
    {
        var description = DescriptionOf(endpoint);
        var operation = new OpenApiOperation
        {
            OperationId = description.Id,
            Summary = description.Summary,
            Description = description.Details,
            Tags = new HashSet<OpenApiTagReference> { new(description.Tag, document) },
            Parameters = [.. ParametersOf(schemas, endpoint, description)],
            RequestBody = description.Body is { } body ? BodyOf(schemas.OfRequest(body)) : null,
            Responses = new OpenApiResponses { ["200"] = Success(description.Contents) },
        };
        var isClosed = options.Value.Callers.AreKnown && endpoint.Metadata.GetMetadata<IAuthorizeData>() is not null;
        if (isClosed)
        {
            operation.Security =
                [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(KeyScheme, document)] = [] }];
        }

        foreach (var status in description.Errors.Concat(isClosed ? RefusalsOfCallers : []).Order())
        {
            operation.Responses.Add(status.ToString(CultureInfo.InvariantCulture), ErrorOf(document, status));
        }

        return operation;

        OpenApiResponse Success(IReadOnlyList<ContentDescription> contents) => SuccessOf(document, schemas, contents);
    }

    private static IEnumerable<OpenApiParameter> ParametersOf(
        ProtobufSchemas schemas, RouteEndpoint endpoint, EndpointDescription description)
    {
        string[] path = [.. endpoint.RoutePattern.Parameters.Select(parameter => parameter.Name)];
        var fields = description.Query?.Fields.InDeclarationOrder() ?? [];
        return
        [
            .. path.Select(name => new OpenApiParameter
            {
                Name = name,
                In = ParameterLocation.Path,
                Required = true,
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            }),
            .. description.TakesImageQuery ? ImageQuery.FieldNames.Select(name => ParameterOf(schemas, name)) : [],
            .. fields.Where(field => !path.Contains(field.Name)).Select(field => new OpenApiParameter
            {
                Name = field.Name,
                In = ParameterLocation.Query,
                Description = ProtobufSchemas.CommentOf(field),
                Schema = schemas.OfValue(field),
            }),
        ];
    }

    /// <summary>Query fields are called as those of the messages; of a repeated one the singular.</summary>
    private static OpenApiParameter ParameterOf(ProtobufSchemas schemas, string name)
    {
        if (name == ImageQuery.Format)
        {
            return new OpenApiParameter
            {
                Name = name,
                In = ParameterLocation.Query,
                Description = "The format of the picture.",
                Schema = new OpenApiSchema
                {
                    Type = JsonSchemaType.String,
                    Enum = [.. ImageQuery.FormatNames.Select(each => JsonValue.Create(each))],
                },
            };
        }

        var field = FieldOf(GenerateRequest.Descriptor, name) ?? FieldOf(Settings.Descriptor, name)
            ?? throw new InvalidOperationException($"No message has the query field {name}.");
        var isList = name == ImageQuery.Temperature;
        var value = schemas.OfValue(field);
        return new OpenApiParameter
        {
            Name = name,
            In = ParameterLocation.Query,
            Required = name == ImageQuery.Label,
            Description = name == ImageQuery.Label ? OneClass : ProtobufSchemas.CommentOf(field),
            Schema = isList ? new OpenApiSchema { Type = JsonSchemaType.Array, Items = value } : value,
        };
    }

    private static FieldDescriptor? FieldOf(MessageDescriptor message, string name)
        => message.FindFieldByName(name) ?? message.FindFieldByName($"{name}s");

    private static OpenApiRequestBody BodyOf(IOpenApiSchema schema) => new()
    {
        Required = true,
        Content = new Dictionary<string, OpenApiMediaType>
        {
            [ContentNegotiation.Json] = new OpenApiMediaType { Schema = schema },
        },
    };

    private static OpenApiResponse SuccessOf(
        OpenApiDocument document, ProtobufSchemas schemas, IReadOnlyList<ContentDescription> contents)
    {
        var hasPicture = contents.Any(content => content.Kind == ContentKind.Picture);
        return new OpenApiResponse
        {
            Description = hasPicture ? "Done; a picture has headers that say what made it." : "Done.",
            Headers = HeadersOf(contents, hasPicture),
            Content = contents.ToDictionary(
                content => content.MediaType,
                content => new OpenApiMediaType { Schema = SchemaOf(document, schemas, content) }),
        };
    }

    private static Dictionary<string, IOpenApiHeader>? HeadersOf(
        IReadOnlyList<ContentDescription> contents, bool hasPicture)
    {
        var hasImages = hasPicture || contents.Any(content => content.Kind == ContentKind.Events);
        var descriptions = hasPicture ? HeaderDescriptions : [];
        return !hasImages ? null : new Dictionary<string, IOpenApiHeader>(
            descriptions.Select(each => KeyValuePair.Create<string, IOpenApiHeader>(each.Key, HeaderOf(each.Value))))
        {
            [CacheUse.StatusHeader] = CacheStatus,
        };
    }

    private static OpenApiHeader HeaderOf(string description)
        => new OpenApiHeader { Description = description, Schema = new OpenApiSchema { Type = JsonSchemaType.String } };

    private static IOpenApiSchema SchemaOf(
        OpenApiDocument document, ProtobufSchemas schemas, ContentDescription content) => content.Kind switch
        {
            ContentKind.Message => schemas.Of(content.Message!),
            ContentKind.Picture => new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" },
            ContentKind.Events => new OpenApiSchema
            {
                Description = "The data of one event.",
                OneOf =
                [
                    .. EventsOf(content.Message!).Select(schemas.Of),
                    new OpenApiSchemaReference(ErrorSchema, document),
                ],
            },
            _ => new OpenApiSchemaReference(HealthSchema, document),
        };

    /// <summary>The messages of a oneof, or the message itself.</summary>
    private static IEnumerable<MessageDescriptor> EventsOf(MessageDescriptor message)
        => message.RealOneofCount > 0
            ? message.Fields.InDeclarationOrder().Select(field => field.MessageType)
            : [message];

    private static OpenApiResponse ErrorOf(OpenApiDocument document, int status) => new()
    {
        Description = ReasonOf(status),
        Headers = status == StatusCodes.Status429TooManyRequests
            ? new Dictionary<string, IOpenApiHeader> { ["Retry-After"] = HeaderOf("Seconds.") }
            : null,
        Content = new Dictionary<string, OpenApiMediaType>
        {
            [ContentNegotiation.Json] = new OpenApiMediaType
            {
                Schema = new OpenApiSchemaReference(ErrorSchema, document),
            },
        },
    };

    private static string ReasonOf(int status) => status switch
    {
        StatusCodes.Status400BadRequest => "A field is wrong; the message names it and what is allowed.",
        StatusCodes.Status401Unauthorized => "The key or the token is missing, or does not count.",
        StatusCodes.Status403Forbidden => "The caller has not the role.",
        StatusCodes.Status404NotFound => "No such model is served, or there is no such job.",
        StatusCodes.Status406NotAcceptable => "No type in Accept is served.",
        StatusCodes.Status409Conflict => "The id is that of a job with another request.",
        StatusCodes.Status413PayloadTooLarge => "The body is too large.",
        StatusCodes.Status415UnsupportedMediaType => "The body is not said to be JSON.",
        StatusCodes.Status429TooManyRequests => "Too many images wait, or the caller's quota is used up.",
        StatusCodes.Status500InternalServerError => "A stage or the service failed.",
        StatusCodes.Status503ServiceUnavailable => "The service or its stages cannot be used now.",
        _ => ReasonPhrases.GetReasonPhrase(status),
    };
}
