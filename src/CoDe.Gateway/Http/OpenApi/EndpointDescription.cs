using Google.Protobuf.Reflection;

namespace CoDe.Gateway.Http.OpenApi;

/// <summary>Describes an endpoint in the OpenAPI document, as metadata of its route.</summary>
/// <param name="Id">Unique among the operations, with the method before it.</param>
internal sealed record EndpointDescription(string Id, string Tag, string Summary)
{
    public string? Details { get; init; }

    /// <summary>True if it takes the fields of <see cref="ImageQuery"/>.</summary>
    public bool TakesImageQuery { get; init; }

    /// <summary>The message whose fields are query fields, but for those in the path; null for none.</summary>
    public MessageDescriptor? Query { get; init; }

    /// <summary>The message that the body is; null for none.</summary>
    public MessageDescriptor? Body { get; init; }

    /// <summary>Contents of an answer with status 200.</summary>
    public IReadOnlyList<ContentDescription> Contents { get; init; } = [];

    /// <summary>Statuses of errors, whose body is always the same.</summary>
    public IReadOnlyList<int> Errors { get; init; } = [];
}

/// <summary>A content of an answer.</summary>
internal sealed record ContentDescription(string MediaType, ContentKind Kind, MessageDescriptor? Message = null);

/// <summary>Description of a content.</summary>
internal enum ContentKind
{
    /// <summary>The JSON mapping of a message.</summary>
    Message,

    /// <summary>A picture, with headers that say what made it.</summary>
    Picture,

    /// <summary>Server-sent events, each with a message of a oneof.</summary>
    Events,

    /// <summary>The state of health.</summary>
    Health,
}
