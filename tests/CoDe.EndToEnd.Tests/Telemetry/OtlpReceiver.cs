using System.Collections.Concurrent;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CoDe.EndToEnd.Telemetry;

/// <summary>A span as it was received; ids are in hexadecimal.</summary>
internal sealed record ReceivedSpan(string Service, string Name, string TraceId, string SpanId, string ParentId);

/// <summary>
/// Receives OTLP over HTTP and keeps the spans, read off the wire format: field numbers are those of
/// opentelemetry-proto.
/// </summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private OtlpReceiver(WebApplication app) => _app = app;

    public ConcurrentBag<ReceivedSpan> Spans { get; } = [];

    /// <summary>All that was received, as it came.</summary>
    public ConcurrentBag<ByteString> Bodies { get; } = [];

    /// <summary>Received signals, such as <c>metrics code-gateway</c>.</summary>
    public ConcurrentDictionary<string, bool> Signals { get; } = new();

    public string Address => _app.Urls.Single();

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder(["--urls=http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var receiver = new OtlpReceiver(app);
        app.MapPost("/v1/{signal}", async (string signal, HttpRequest request) =>
        {
            var body = await ByteString.FromStreamAsync(request.Body);
            receiver.Bodies.Add(body);
            receiver.Read(signal, body);
        });
        await app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>The fields of a message that are messages, strings or bytes.</summary>
    private static IEnumerable<(int Number, ByteString Value)> FieldsOf(ByteString message)
    {
        var input = message.CreateCodedInput();
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited)
            {
                yield return (WireFormat.GetTagFieldNumber(tag), input.ReadBytes());
            }
            else
            {
                input.SkipLastField();
            }
        }
    }

    private static IEnumerable<ByteString> Fields(ByteString message, int number)
        => FieldsOf(message).Where(field => field.Number == number).Select(field => field.Value);

    private static ByteString Field(ByteString message, int number)
        => Fields(message, number).FirstOrDefault(ByteString.Empty);

    private static string Hex(ByteString bytes) => Convert.ToHexStringLower(bytes.Span);

    private static string ServiceOf(ByteString resource) => Fields(resource, 1)
        .Where(attribute => Field(attribute, 1).ToStringUtf8() == "service.name")
        .Select(attribute => Field(Field(attribute, 2), 1).ToStringUtf8()).Single();

    private void Read(string signal, ByteString request)
    {
        foreach (var group in Fields(request, 1))
        {
            var service = ServiceOf(Field(group, 1));
            Signals[$"{signal} {service}"] = true;
            foreach (var span in signal == "traces" ? Fields(group, 2).SelectMany(scope => Fields(scope, 2)) : [])
            {
                Spans.Add(new ReceivedSpan(
                    service, Field(span, 5).ToStringUtf8(), Hex(Field(span, 1)),
                    Hex(Field(span, 2)), Hex(Field(span, 4))));
            }
        }
    }
}
