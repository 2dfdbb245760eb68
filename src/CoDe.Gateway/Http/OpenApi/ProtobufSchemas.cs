using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Microsoft.OpenApi;

namespace CoDe.Gateway.Http.OpenApi;

/// <summary>Adds schemas of messages in the JSON mapping of Protocol Buffers to a document.</summary>
internal sealed class ProtobufSchemas(OpenApiDocument document)
{
    private readonly HashSet<string> _added = [];
    private readonly HashSet<string> _inRequests = [];

    /// <summary>Adds a message that clients send: neither it nor its parts require a field.</summary>
    public IOpenApiSchema OfRequest(MessageDescriptor message)
    {
        MarkAsRequest(message);
        return Of(message);
    }

    public IOpenApiSchema Of(MessageDescriptor message)
    {
        if (_added.Add(message.Name))
        {
            document.AddComponent(message.Name, SchemaOf(message));
        }

        return new OpenApiSchemaReference(message.Name, document);
    }

    /// <summary>Describes one value of a field, whether or not it is repeated.</summary>
    public IOpenApiSchema OfValue(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Message when field.MessageType == Timestamp.Descriptor
            => new OpenApiSchema { Type = JsonSchemaType.String, Format = "date-time" },
        FieldType.Message => Of(field.MessageType),
        FieldType.Enum => Of(field.EnumType),
        FieldType.Bool => new OpenApiSchema { Type = JsonSchemaType.Boolean },
        FieldType.String => new OpenApiSchema { Type = JsonSchemaType.String },
        FieldType.Bytes => new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            Format = "byte",
            ContentEncoding = "base64",
        },
        FieldType.Double => new OpenApiSchema { Type = JsonSchemaType.Number, Format = "double" },
        FieldType.UInt32 => new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "uint32", Minimum = "0" },
        FieldType.UInt64 => new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            Format = "uint64",
            Pattern = "^[0-9]+$",
        },
        _ => throw new NotSupportedException($"{field.FullName} is a {field.FieldType}, which has no schema here."),
    };

    public static string? CommentOf(FieldDescriptor field)
        => ProtobufComments.Of($"{field.ContainingType.Name}.{field.Name}");

    private void MarkAsRequest(MessageDescriptor message)
    {
        if (!_inRequests.Add(message.Name))
        {
            return;
        }

        foreach (var field in message.Fields.InDeclarationOrder().Where(each => each.FieldType == FieldType.Message))
        {
            MarkAsRequest(field.MessageType);
        }
    }

    /// <summary>Answers have every field but those that know whether they are set.</summary>
    private OpenApiSchema SchemaOf(MessageDescriptor message)
    {
        var fields = message.Fields.InDeclarationOrder();
        var isRequest = _inRequests.Contains(message.Name);
        var always = fields.Where(field => !isRequest && !field.HasPresence).Select(field => field.JsonName);
        return new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Description = ProtobufComments.Of(message.Name),
            Properties = fields.ToDictionary(field => field.JsonName, OfField),
            Required = always.ToHashSet(),
        };
    }

    private IOpenApiSchema OfField(FieldDescriptor field)
    {
        var schema = OfValue(field);
        if (field.IsRepeated)
        {
            schema = new OpenApiSchema { Type = JsonSchemaType.Array, Items = schema };
        }

        schema.Description = CommentOf(field) ?? schema.Description;
        return schema;
    }

    private OpenApiSchemaReference Of(EnumDescriptor values)
    {
        if (_added.Add(values.Name))
        {
            document.AddComponent(values.Name, new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Description = DescriptionOf(values),
                Enum = [.. values.Values.Select(value => JsonValue.Create(value.Name))],
            });
        }

        return new OpenApiSchemaReference(values.Name, document);
    }

    private static string? DescriptionOf(EnumDescriptor values)
    {
        var comments =
            from value in values.Values
            let comment = ProtobufComments.Of($"{values.Name}.{value.Name}")
            where comment is not null
            select $"`{value.Name}`: {comment}";
        var text = string.Join(' ', comments.Prepend(ProtobufComments.Of(values.Name)).OfType<string>());
        return text.Length > 0 ? text : null;
    }
}
