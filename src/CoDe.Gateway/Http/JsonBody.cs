using System.Text;
using CoDe.Flow;
using Google.Protobuf;

namespace CoDe.Gateway.Http;

/// <summary>A message as JSON, in the mapping of Protocol Buffers.</summary>
internal static class JsonBody
{
    /// <summary>Two raw images of 1024 x 1024 in base64 are 8 MiB.</summary>
    private const int LargestBody = 16 << 20;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="BadHttpRequestException">It is too large, or says that it is no JSON.</exception>
    /// <exception cref="InvalidSettingException">It is no such message; what of it is wrong is named.</exception>
    public static async Task<T> ReadAsync<T>(HttpRequest request)
        where T : IMessage<T>, new()
    {
        if (!request.HasJsonContentType())
        {
            throw new BadHttpRequestException($"Content-Type is {request.ContentType ?? "missing"}; allowed: application/json.", StatusCodes.Status415UnsupportedMediaType);
        }

        var text = Text(await BytesAsync(request));
        try
        {
            return JsonParser.Default.Parse<T>(text);
        }
        catch (Exception error) when (error is IOException or FormatException or OverflowException or ArgumentException or InvalidOperationException)
        {
            throw JsonFault.Find(text, new T().Descriptor) ?? new InvalidSettingException("body", error.Message, $"a {new T().Descriptor.Name} as JSON");
        }
    }

    /// <summary>Counts by itself: at a limit of its own Kestrel closes the connection, and a client that still sends would lose the answer.</summary>
    private static async Task<ArraySegment<byte>> BytesAsync(HttpRequest request)
    {
        var bytes = new MemoryStream();
        var part = new byte[1 << 16];
        for (var read = 1; read > 0;)
        {
            if (request.ContentLength > LargestBody || bytes.Length > LargestBody)
            {
                throw new BadHttpRequestException($"The body is larger than {LargestBody >> 20} MiB.", StatusCodes.Status413PayloadTooLarge);
            }

            read = await request.Body.ReadAsync(part, request.HttpContext.RequestAborted);
            bytes.Write(part, 0, read);
        }

        return new ArraySegment<byte>(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    private static string Text(ArraySegment<byte> bytes)
    {
        try
        {
            return Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new InvalidSettingException("body", "no UTF-8", "JSON in UTF-8");
        }
    }
}
