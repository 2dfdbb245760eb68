using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using Grpc.Core.Wire;

namespace Grpc.Net.Client;

/// <summary>What a response, or its absence, says of a call.</summary>
internal static class ResponseText
{
    public static string? ValueOf(HttpHeaders headers, string name) => headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null;

    public static Metadata MetadataOf(HttpHeaders headers)
    {
        var metadata = new Metadata();
        foreach (var (key, values) in headers.NonValidated)
        {
            foreach (var value in values)
            {
                MetadataText.Add(metadata, key, value);
            }
        }

        return metadata;
    }

    /// <summary>The status of a response, or null where there is none yet.</summary>
    /// <param name="trailersOnly">Whether it is looked for in the headers, where a response without messages has it.</param>
    public static Status? StatusOf(HttpResponseMessage response, bool trailersOnly)
    {
        HttpHeaders headers = trailersOnly ? response.Headers : response.TrailingHeaders;
        return ValueOf(headers, ProtocolText.StatusHeader) is not { } code ? null
            : int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? new Status((StatusCode)number, ProtocolText.PercentDecode(ValueOf(headers, ProtocolText.MessageHeader) ?? ""))
                : new Status(StatusCode.Unknown, $"Unexpected grpc-status: {code}");
    }

    /// <summary>What a response that is not gRPC means, or null where it is.</summary>
    public static Status? Refusal(HttpResponseMessage response)
    {
        if (response.StatusCode != HttpStatusCode.OK)
        {
            return new Status(CodeOf(response.StatusCode), $"Bad gRPC response. HTTP status code: {(int)response.StatusCode}");
        }

        var type = ValueOf(response.Content.Headers, "Content-Type");
        return ProtocolText.IsGrpc(type) ? null
            : new Status(StatusCode.Unknown, type is null ? "Bad gRPC response. Response did not have a content-type header." : $"Bad gRPC response. Invalid content-type value: {type}");
    }

    /// <summary>What an error of the connection means.</summary>
    public static Status StatusOf(Exception error) => error switch
    {
        OperationCanceledException or ObjectDisposedException => new Status(StatusCode.Cancelled, "Call canceled by the client.", error),
        HttpRequestException or IOException => new Status(CodeOf(error), $"Error starting gRPC call. {error.Message}", error),
        _ => new Status(StatusCode.Internal, error.Message, error),
    };

    /// <summary>PROTOCOL-HTTP2.md, "Errors": HTTP/2 error codes to statuses.</summary>
    private static StatusCode CodeOf(Exception error)
    {
        var protocol = error as HttpProtocolException ?? error.InnerException as HttpProtocolException;
        return protocol?.ErrorCode switch
        {
            // A server that fell silent is gone; only the text tells this from one that broke the protocol.
            1 when protocol.Message.Contains("KeepAlivePing", StringComparison.Ordinal) => StatusCode.Unavailable,
            8 => StatusCode.Cancelled,
            11 => StatusCode.ResourceExhausted,
            12 => StatusCode.PermissionDenied,
            null or 7 => StatusCode.Unavailable,
            _ => StatusCode.Internal,
        };
    }

    /// <summary>http-grpc-status-mapping.md.</summary>
    private static StatusCode CodeOf(HttpStatusCode status) => (int)status switch
    {
        400 => StatusCode.Internal,
        401 => StatusCode.Unauthenticated,
        403 => StatusCode.PermissionDenied,
        404 => StatusCode.Unimplemented,
        429 or 502 or 503 or 504 => StatusCode.Unavailable,
        _ => StatusCode.Unknown,
    };
}
