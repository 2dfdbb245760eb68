using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CoDe.Protocol.V1;
using Google.Protobuf;

namespace CoDe.Gateway.Jobs;

/// <summary>The file beside the images of a job that says what they are, and of which job.</summary>
internal static class JobDescription
{
    public const string FileName = "job.json";

    private const string Digest = "digest";

    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true };

    public static byte[] Of(JobOrder order)
    {
        var request = JsonFormatter.Default.Format(GenerateRequest.Parser.ParseFrom(order.Request));
        var description = new JsonObject
        {
            ["request"] = JsonNode.Parse(request),
            ["pair"] = order.Pair,
            [Digest] = DigestOf(order),
        };
        return JsonSerializer.SerializeToUtf8Bytes(description, Format);
    }

    /// <summary>Tells whether the files of a folder are of a job, or of another one.</summary>
    /// <exception cref="IOException">They are of no job at all.</exception>
    public static bool Describes(string folder, JobOrder order)
    {
        var path = Path.Combine(folder, FileName);
        if (File.Exists(path))
        {
            return DigestIn(File.ReadAllBytes(path)) == DigestOf(order);
        }

        return Directory.EnumerateFileSystemEntries(folder).Any()
            ? throw new IOException($"{folder} has files but no {FileName}, so they are of no job; move them away")
            : true;
    }

    private static string DigestOf(JobOrder order)
        => Convert.ToHexStringLower(SHA256.HashData([.. order.Request, .. Encoding.UTF8.GetBytes(order.Pair)]));

    private static string? DigestIn(byte[] description)
    {
        try
        {
            return (string?)JsonNode.Parse(description)?[Digest];
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
