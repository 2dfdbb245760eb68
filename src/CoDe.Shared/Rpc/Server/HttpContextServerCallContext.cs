using System.Globalization;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.AspNetCore.Server;

/// <summary>A call as an HTTP/2 request: headers in, deadline, status and trailers out.</summary>
internal sealed class HttpContextServerCallContext : ServerCallContext, IDisposable
{
    /// <summary>Timers go no further; a call that long has none.</summary>
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(20);

    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(1);

    /// <summary>RFC 9113, 7: CANCEL.</summary>
    private const int ResetCancel = 8;

    private readonly CancellationTokenSource? _deadline;
    private Dictionary<object, object>? _userState;
    private Metadata? _requestHeaders;
    private Metadata? _responseTrailers;
    private readonly Lock _gate = new();
    private bool _hasHeaders;
    private bool _hasMessages;
    private Task _flush = Task.CompletedTask;

    public HttpContextServerCallContext(HttpContext http, GrpcServiceOptions options)
    {
        Http = http;
        var headers = http.Request.Headers;
        var gzip = options.ResponseCompressionAlgorithm == ProtocolText.Gzip && ProtocolText.AcceptsGzip(headers[ProtocolText.AcceptEncodingHeader]);
        Reader = new PipeMessageReader(http.Request.BodyReader, new MessageDecoder(options.MaxReceiveMessageSize, headers[ProtocolText.EncodingHeader].ToString()));
        Writer = new MessageWriter(http.Response.BodyWriter, options.MaxSendMessageSize, gzip ? options.ResponseCompressionLevel ?? System.IO.Compression.CompressionLevel.Fastest : null);
        http.Response.ContentType = ProtocolText.ContentType;
        http.Response.Headers[ProtocolText.AcceptEncodingHeader] = ProtocolText.AcceptedEncodings;
        if (gzip)
        {
            http.Response.Headers[ProtocolText.EncodingHeader] = ProtocolText.Gzip;
        }

        CancellationTokenCore = http.RequestAborted;
        if (headers.TryGetValue(ProtocolText.TimeoutHeader, out var text) && ProtocolText.ParseTimeout(text.ToString()) is { } timeout)
        {
            // What the header can say ends after the year 9999.
            var now = TimeProvider.System.GetUtcNow().UtcDateTime;
            DeadlineCore = timeout < DateTime.MaxValue - now ? now + timeout : DateTime.MaxValue;
            _deadline = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
            _deadline.CancelAfter(timeout < LongestTimer ? timeout : LongestTimer);
            CancellationTokenCore = _deadline.Token;
        }
    }

    public HttpContext Http { get; }

    public PipeMessageReader Reader { get; }

    public MessageWriter Writer { get; }

    public bool HasDeadline => _deadline is not null;

    public bool DeadlinePassed => _deadline is { IsCancellationRequested: true } && !Http.RequestAborted.IsCancellationRequested;

    protected override string MethodCore => Http.Request.Path.Value ?? "";

    protected override string HostCore => Http.Request.Host.Value ?? "";

    protected override string PeerCore => Http.Connection.RemoteIpAddress is { } address
        ? string.Create(CultureInfo.InvariantCulture, $"{(address.AddressFamily == AddressFamily.InterNetworkV6 ? $"ipv6:[{address}]" : $"ipv4:{address}")}:{Http.Connection.RemotePort}")
        : "unknown";

    protected override DateTime DeadlineCore { get; } = DateTime.MaxValue;

    protected override Metadata RequestHeadersCore => _requestHeaders ??= MetadataText.Read(Http.Request.Headers);

    protected override CancellationToken CancellationTokenCore { get; }

    protected override Metadata ResponseTrailersCore => _responseTrailers ??= [];

    protected override Status StatusCore { get; set; }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override IDictionary<object, object> UserStateCore => _userState ??= [];

    public void Dispose() => _deadline?.Dispose();

    /// <summary>Puts a message into the response, to be flushed or to go out with its end.</summary>
    public void Write<T>(Marshaller<T> marshaller, T message, WriteOptions? options)
    {
        options ??= WriteOptions;
        lock (_gate)
        {
            CancellationToken.ThrowIfCancellationRequested();
            Writer.Write(marshaller, message, compress: options is null || !options.Flags.HasFlag(WriteFlags.NoCompress));
            _hasMessages = true;
        }
    }

    /// <summary>
    /// Sends what was written. The call's own end does not cancel a flush under way, only the wait for it: Kestrel answers a cancelled flush
    /// with a reset of the stream, and the client would not hear the status.
    /// </summary>
    public async Task FlushAsync(CancellationToken cancellation)
    {
        Task flush;
        lock (_gate)
        {
            CancellationToken.ThrowIfCancellationRequested();
            var started = Http.Response.BodyWriter.FlushAsync(cancellation == CancellationToken ? CancellationToken.None : cancellation);
            _flush = flush = started.IsCompletedSuccessfully ? Task.CompletedTask : started.AsTask();
        }

        await (flush.IsCompleted ? flush : flush.WaitAsync(CancellationToken)).ConfigureAwait(false);
    }

    /// <summary>
    /// Waits until nothing is being sent, since Kestrel does not bear a response that a handler flushes and a deadline ends at once; once the
    /// token is cancelled no flush begins. A client that does not read keeps a flush waiting: after a second its stream is reset.
    /// </summary>
    public async Task RestAsync()
    {
        Task flush;
        lock (_gate)
        {
            flush = _flush;
        }

        if (!flush.IsCompleted && await Task.WhenAny(flush, Task.Delay(LongestRest)).ConfigureAwait(false) != flush)
        {
            Http.Features.GetRequiredFeature<IHttpResetFeature>().Reset(ResetCancel);
        }
    }

    /// <summary>Writes status and trailers; as headers, in one block, where nothing was sent yet (PROTOCOL-HTTP2.md, "Trailers-Only").</summary>
    public void End(Status status)
    {
        var trailersOnly = !_hasMessages && !_hasHeaders && !Http.Response.HasStarted;
        if (trailersOnly)
        {
            Http.Response.Headers.Remove(ProtocolText.EncodingHeader);
        }

        foreach (var entry in _responseTrailers ?? Metadata.Empty)
        {
            Append(entry.Key, MetadataText.ValueOf(entry));
        }

        Append(ProtocolText.StatusHeader, ProtocolText.NumberOf(status.StatusCode));
        if (status.Detail.Length > 0)
        {
            Append(ProtocolText.MessageHeader, ProtocolText.PercentEncode(status.Detail));
        }

        void Append(string key, string value)
        {
            if (trailersOnly)
            {
                Http.Response.Headers.Append(key, value);
            }
            else
            {
                Http.Response.AppendTrailer(key, value);
            }
        }
    }

    protected override async Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        lock (_gate)
        {
            CancellationToken.ThrowIfCancellationRequested();
            if (_hasMessages || Http.Response.HasStarted)
            {
                throw new InvalidOperationException("Response headers can only be sent once per call.");
            }

            foreach (var entry in responseHeaders)
            {
                Http.Response.Headers.Append(entry.Key, MetadataText.ValueOf(entry));
            }

            _hasHeaders = true;
        }

        await FlushAsync(CancellationToken).ConfigureAwait(false);
    }
}
