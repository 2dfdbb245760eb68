using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CoDe.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace CoDe.Gateway.Http;

/// <summary>What goes out.</summary>
internal static class Answers
{
    private const string Json = "application/json";
    private const string Png = "image/png";

    /// <summary>With fields that have their default, so that a label 0 is seen.</summary>
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A message in the JSON mapping of Protocol Buffers.</summary>
    public static Task WriteMessageAsync(this HttpResponse response, IMessage message)
    {
        using var text = new MemoryStream();
        using (var writer = new StreamWriter(text, new UTF8Encoding(false), leaveOpen: true))
        {
            Formatter.Format(message, writer);
        }

        return response.WriteAsync(Json, text.GetBuffer().AsMemory(0, (int)text.Length));
    }

    /// <summary>The only image of a response, as a PNG, with what made it in headers.</summary>
    public static Task WritePngAsync(this HttpResponse response, GenerateResponse generated)
    {
        response.Headers["CoDe-Seed"] = $"{generated.Seed}";
        response.Headers["CoDe-Label"] = $"{generated.Images[0].Label}";
        response.Headers["CoDe-Steps"] = $"{generated.Steps}";
        // A name may have what no header may.
        response.Headers["CoDe-Model"] = Uri.EscapeDataString(generated.Model);
        return response.WriteAsync(Png, generated.Images[0].Image.Data.Memory);
    }

    public static Task WriteErrorAsync(this HttpResponse response, Status status)
    {
        using var text = new MemoryStream();
        using (var writer = new Utf8JsonWriter(text, Relaxed))
        {
            writer.WriteStartObject();
            writer.WriteNumber("code", (int)status.StatusCode);
            writer.WriteString("message", status.Detail);
            writer.WriteEndObject();
        }

        return response.WriteAsync(Json, text.GetBuffer().AsMemory(0, (int)text.Length));
    }

    /// <summary>Whether a client would rather have the PNG itself.</summary>
    public static bool PrefersPng(this HttpRequest request)
    {
        var accepted = request.GetTypedHeaders().Accept;
        return Quality(Png) > 0 && Quality(Png) >= Quality(Json);

        double Quality(string type) => accepted.Where(each => each.MediaType.Equals(type, StringComparison.OrdinalIgnoreCase)).Select(each => each.Quality ?? 1).DefaultIfEmpty(0).Max();
    }

    public static async Task WriteAsync(this HttpResponse response, string type, ReadOnlyMemory<byte> body)
    {
        (response.ContentType, response.ContentLength) = (type, body.Length);
        if (!HttpMethods.IsHead(response.HttpContext.Request.Method))
        {
            await response.Body.WriteAsync(body, response.HttpContext.RequestAborted);
        }
    }
}
