using Microsoft.Extensions.Primitives;

namespace Grpc.Core.Wire;

/// <summary>Between metadata and headers: binary values are base64, and what the protocol itself uses is no metadata.</summary>
internal static class MetadataText
{
    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "te", "content-type", "content-length", "host", "connection", "transfer-encoding", "accept-encoding", "content-encoding", "date", "server",
        ProtocolText.StatusHeader, ProtocolText.MessageHeader, ProtocolText.TimeoutHeader, ProtocolText.EncodingHeader, ProtocolText.AcceptEncodingHeader,
    };

    public static string ValueOf(Metadata.Entry entry) => entry.IsBinary ? Convert.ToBase64String(entry.ValueBytes) : entry.Value;

    /// <summary>The headers that are metadata.</summary>
    /// <exception cref="RpcException">A binary value is not base64.</exception>
    public static Metadata Read(IEnumerable<KeyValuePair<string, StringValues>> headers)
    {
        var metadata = new Metadata();
        foreach (var (key, values) in headers)
        {
            foreach (var value in values)
            {
                Add(metadata, key, value ?? "");
            }
        }

        return metadata;
    }

    /// <summary>Adds a header if it is metadata. Several binary values may stand in one header with commas between; padding may be missing.</summary>
    /// <exception cref="RpcException">A binary value is not base64.</exception>
    public static void Add(Metadata metadata, string key, string value)
    {
        if (Reserved.Contains(key) || !Metadata.Entry.IsKey(key))
        {
            return;
        }

        if (!key.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.OrdinalIgnoreCase))
        {
            metadata.Add(key, value);
            return;
        }

        foreach (var part in value.Split(','))
        {
            metadata.Add(key, Decode(key, part.Trim().TrimEnd('=')));
        }
    }

    private static byte[] Decode(string key, string text)
    {
        var bytes = new byte[(text.Length + 3) / 4 * 3];
        return Convert.TryFromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='), bytes, out var count)
            ? bytes[..count]
            : throw new RpcException(new Status(StatusCode.Internal, $"The value of {key} is not base64."));
    }
}
