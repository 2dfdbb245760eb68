using System.Globalization;
using System.Text.Json.Nodes;
using CoDe.Protocol.V1;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;

namespace CoDe.Gateway.Http.OpenApi;

/// <summary>Fills the OpenAPI document from descriptions of routes and descriptors of messages.</summary>
internal sealed class ApiDocument(EndpointDataSource routes) : IOpenApiDocumentTransformer
{
    private const string ErrorSchema = "Error";
    private const string HealthSchema = "Health";

    private static readonly Dictionary<string, string> HeaderDescriptions = new()
    {
        ["CoDe-Seed"] = "The seed, which makes the same image again.",
        ["CoDe-Label"] = "The class.",
        ["CoDe-Steps"] = "N, the scales that the drafter decoded.",
        ["CoDe-Model"] = "The model, percent-encoded.",
    };

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
    private static void AddPath(OpenApiDocument document, ProtobufSchemas schemas, RouteEndpoint endpoint)
    {
        var path = new OpenApiPathItem();
        foreach (var method in endpoint.Metadata.GetRequiredMetadata<IHttpMethodMetadata>().HttpMethods)
        {
            if (!HttpMethods.IsHead(method))
            {
                var operation = OperationOf(document, schemas, DescriptionOf(endpoint));
                path.AddOperation(HttpMethod.Parse(method), operation);
            }
        }

        document.Paths.Add(endpoint.RoutePattern.RawText!, path);
    }

    private static OpenApiOperation OperationOf(
        OpenApiDocument document, ProtobufSchemas schemas, EndpointDescription description)
    {
        var operation = new OpenApiOperation
        {
            OperationId = description.Id,
            Summary = description.Summary,
            Description = description.Details,
            Tags = new HashSet<OpenApiTagReference> { new(description.Tag, document) },
            Parameters = description.TakesImageQuery ? [.. ImageQuery.FieldNames.Select(Parameter)] : null,
            RequestBody = description.Body is { } body ? BodyOf(schemas.OfRequest(body)) : null,
            Responses = new OpenApiResponses { ["200"] = Success(description.Contents) },
        };
        foreach (var status in description.Errors.Order())
        {
            operation.Responses.Add(status.ToString(CultureInfo.InvariantCulture), ErrorOf(document, status));
        }

        return operation;

        OpenApiParameter Parameter(string name) => ParameterOf(schemas, name);

        OpenApiResponse Success(IReadOnlyList<ContentDescription> contents) => SuccessOf(document, schemas, contents);
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
            Description = ProtobufSchemas.CommentOf(field),
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
            Headers = hasPicture ? HeadersOfPictures() : null,
            Content = contents.ToDictionary(
                content => content.MediaType,
                content => new OpenApiMediaType { Schema = SchemaOf(document, schemas, content) }),
        };
    }

    private static Dictionary<string, IOpenApiHeader> HeadersOfPictures()
        => HeaderDescriptions.ToDictionary(each => each.Key, IOpenApiHeader (each) => HeaderOf(each.Value));

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
                    .. content.Message!.Fields.InDeclarationOrder().Select(field => schemas.Of(field.MessageType)),
                    new OpenApiSchemaReference(ErrorSchema, document),
                ],
            },
            _ => new OpenApiSchemaReference(HealthSchema, document),
        };

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
        StatusCodes.Status404NotFound => "The model is not served.",
        StatusCodes.Status406NotAcceptable => "No type in Accept is served.",
        StatusCodes.Status413PayloadTooLarge => "The body is too large.",
        StatusCodes.Status415UnsupportedMediaType => "The body is not said to be JSON.",
        StatusCodes.Status429TooManyRequests => "Too many images wait.",
        StatusCodes.Status500InternalServerError => "A stage or the service failed.",
        StatusCodes.Status503ServiceUnavailable => "The service or its stages cannot be used now.",
        _ => ReasonPhrases.GetReasonPhrase(status),
    };
}
