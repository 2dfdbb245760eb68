using System.Text;
using CoDe.Flow;
using Google.Protobuf;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace CoDe.Gateway.Http;

/// <summary>A message as JSON, in the mapping of Protocol Buffers.</summary>
internal static class JsonBody
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="BadHttpRequestException">The body is too large, unreadable or not JSON.</exception>
    /// <exception cref="InvalidSettingException">The body is not such a message; the field is named.</exception>
    public static async Task<T> ReadAsync<T>(HttpRequest request)
        where T : IMessage<T>, new()
    {
        if (!request.HasJsonContentType())
        {
            throw new BadHttpRequestException(
                $"Content-Type is {request.ContentType ?? "missing"}; allowed: application/json.",
                StatusCodes.Status415UnsupportedMediaType);
        }

        return Parse<T>(Text(await BytesInTimeAsync(request)));
    }

    /// <exception cref="InvalidSettingException">The text is not such a message; the field is named.</exception>
    public static T Parse<T>(string text)
        where T : IMessage<T>, new()
    {
        var message = new T().Descriptor;
        var form = JsonForm.Of(text, message);
        try
        {
            return JsonParser.Default.Parse<T>(form);
        }
        catch (Exception error) when (error is IOException
            or FormatException or OverflowException or ArgumentException or InvalidOperationException)
        {
            throw JsonFault.Find(form, message)
                ?? new InvalidSettingException("body", error.Message, $"a {message.Name} as JSON");
        }
    }

    /// <summary>Reads a body that comes in whole in time.</summary>
    private static async Task<ArraySegment<byte>> BytesInTimeAsync(HttpRequest request)
    {
        var options = request.HttpContext.RequestServices.GetRequiredService<IOptions<GatewayOptions>>().Value;
        var aborted = request.HttpContext.RequestAborted;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        if (options.RequestSeconds > 0)
        {
            end.CancelAfter(TimeSpan.FromSeconds(options.RequestSeconds));
        }

        try
        {
            return await BytesAsync(request, options.LargestBody, end.Token);
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            throw new BadHttpRequestException(
                $"The body did not come in whole within {options.RequestSeconds} s.",
                StatusCodes.Status408RequestTimeout);
        }
    }

    /// <summary>
    /// Reads a body up to the limit. Kestrel's own limit closes the connection, so a client that still sends would lose
    /// the answer.
    /// </summary>
    private static async Task<ArraySegment<byte>> BytesAsync(
        HttpRequest request, int largest, CancellationToken cancellation)
    {
        var bytes = new MemoryStream();
        var part = new byte[1 << 16];
        for (var read = 1; read > 0;)
        {
            if (request.ContentLength > largest || bytes.Length > largest)
            {
                throw new BadHttpRequestException(
                    $"The body is larger than {largest} bytes.", StatusCodes.Status413PayloadTooLarge);
            }

            read = await ReadAsync(request, part, cancellation);
            bytes.Write(part, 0, read);
        }

        return new ArraySegment<byte>(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    /// <summary>Kestrel reports a chunk whose size overflows as a failure of the connection.</summary>
    private static async Task<int> ReadAsync(HttpRequest request, byte[] part, CancellationToken cancellation)
    {
        try
        {
            return await request.Body.ReadAsync(part, cancellation);
        }
        catch (IOException error) when (error is not (BadHttpRequestException or ConnectionResetException))
        {
            throw new BadHttpRequestException(error.Message, error);
        }
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
