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

    /// <summary>Adds a header that is metadata. Several binary values may stand in one header with commas between; padding may be missing.</summary>
    public static void Add(Metadata metadata, string key, string value)
    {
        if (key.Length == 0 || key[0] == ':' || Reserved.Contains(key))
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
            var text = part.Trim().TrimEnd('=');
            metadata.Add(key, Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '=')));
        }
    }
}
