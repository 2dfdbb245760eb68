using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CoDe.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace CoDe.Gateway.Http;

/// <summary>Writes answers: messages and errors as JSON, images as pictures.</summary>
internal static class Answers
{
    /// <summary>Formatter that writes default values, so that a label 0 is visible.</summary>
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Formats a message in the JSON mapping of Protocol Buffers.</summary>
    public static string JsonOf(IMessage message) => Formatter.Format(message);

    /// <summary>Formats an error as <c>{"code":3,"message":"..."}</c>.</summary>
    public static string JsonOf(Status status)
    {
        using var text = new MemoryStream();
        using (var writer = new Utf8JsonWriter(text, Relaxed))
        {
            writer.WriteStartObject();
            writer.WriteNumber("code", (int)status.StatusCode);
            writer.WriteString("message", status.Detail);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }

    /// <summary>Writes a message in the JSON mapping of Protocol Buffers.</summary>
    public static Task WriteMessageAsync(this HttpResponse response, IMessage message)
    {
        using var text = new MemoryStream();
        using (var writer = new StreamWriter(text, new UTF8Encoding(false), leaveOpen: true))
        {
            Formatter.Format(message, writer);
        }

        return response.WriteAsync(ContentNegotiation.Json, text.GetBuffer().AsMemory(0, (int)text.Length));
    }

    /// <summary>Writes the only image of a response as a picture, with what made it in headers.</summary>
    public static Task WriteImageAsync(this HttpResponse response, GenerateResponse generated)
    {
        var image = generated.Images[0];
        response.Headers["CoDe-Seed"] = $"{generated.Seed}";
        response.Headers["CoDe-Label"] = $"{image.Label}";
        response.Headers["CoDe-Steps"] = $"{generated.Steps}";
        // A name may have what no header may.
        response.Headers["CoDe-Model"] = Uri.EscapeDataString(generated.Model);
        return response.WriteAsync(PictureType.Of(image.Image.Format).MediaType, image.Image.Data.Memory);
    }

    public static Task WriteErrorAsync(this HttpResponse response, Status status)
        => response.WriteAsync(ContentNegotiation.Json, Encoding.UTF8.GetBytes(JsonOf(status)));

    public static async Task WriteAsync(this HttpResponse response, string type, ReadOnlyMemory<byte> body)
    {
        response.ContentType = type;
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(response.HttpContext.Request.Method))
        {
            await response.Body.WriteAsync(body, response.HttpContext.RequestAborted);
        }
    }
}
