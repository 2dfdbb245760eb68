using System.Globalization;
using Grpc.Core;
using Grpc.Core.Wire;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server;

/// <summary>A call as an HTTP/2 request: headers in, deadline, status and trailers out.</summary>
internal sealed class HttpContextServerCallContext : ServerCallContext, IDisposable
{
    /// <summary>Timers go no further; a call that long has none.</summary>
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(20);

    private readonly HttpContext _http;
    private readonly CancellationTokenSource _cancellation;
    private readonly Dictionary<object, object> _userState = [];
    private readonly Metadata _requestHeaders = [];

    public HttpContextServerCallContext(HttpContext http, GrpcServiceOptions options)
    {
        _http = http;
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        foreach (var (key, values) in http.Request.Headers)
        {
            foreach (var value in values)
            {
                MetadataText.Add(_requestHeaders, key, value ?? "");
            }
        }

        var gzip = options.ResponseCompressionAlgorithm == ProtocolText.Gzip
            && http.Request.Headers[ProtocolText.AcceptEncodingHeader].ToString().Split(',').Any(name => name.Trim() == ProtocolText.Gzip);
        Reader = new MessageReader(http.Request.BodyReader, options.MaxReceiveMessageSize)
        {
            Encoding = http.Request.Headers[ProtocolText.EncodingHeader].FirstOrDefault() ?? ProtocolText.Identity,
        };
        Writer = new MessageWriter(http.Response.BodyWriter, options.MaxSendMessageSize, gzip);
        http.Response.ContentType = ProtocolText.ContentType;
        http.Response.Headers[ProtocolText.AcceptEncodingHeader] = $"{ProtocolText.Identity},{ProtocolText.Gzip}";
        if (gzip)
        {
            http.Response.Headers[ProtocolText.EncodingHeader] = ProtocolText.Gzip;
        }

        if (ProtocolText.ParseTimeout(http.Request.Headers[ProtocolText.TimeoutHeader].FirstOrDefault() ?? "") is { } timeout)
        {
            DeadlineCore = TimeProvider.System.GetUtcNow().UtcDateTime + timeout;
            _cancellation.CancelAfter(timeout < LongestTimer ? timeout : LongestTimer);
        }
    }

    public MessageReader Reader { get; }

    public MessageWriter Writer { get; }

    public bool DeadlinePassed => DeadlineCore <= TimeProvider.System.GetUtcNow().UtcDateTime;

    protected override string MethodCore => _http.Request.Path.Value ?? "";

    protected override string HostCore => _http.Request.Host.Value ?? "";

    protected override string PeerCore => _http.Connection.RemoteIpAddress is { } address
        ? string.Create(CultureInfo.InvariantCulture, $"{(address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"ipv6:[{address}]" : $"ipv4:{address}")}:{_http.Connection.RemotePort}")
        : "unknown";

    protected override DateTime DeadlineCore { get; } = DateTime.MaxValue;

    protected override Metadata RequestHeadersCore => _requestHeaders;

    protected override CancellationToken CancellationTokenCore => _cancellation.Token;

    protected override Metadata ResponseTrailersCore { get; } = [];

    protected override Status StatusCore { get; set; }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override IDictionary<object, object> UserStateCore => _userState;

    public void Dispose() => _cancellation.Dispose();

    /// <summary>Writes status and trailers; as headers alone where nothing was sent yet.</summary>
    public void End(Status status)
    {
        foreach (var entry in ResponseTrailersCore)
        {
            Append(entry.Key, MetadataText.ValueOf(entry));
        }

        Append(ProtocolText.StatusHeader, ((int)status.StatusCode).ToString(CultureInfo.InvariantCulture));
        if (status.Detail.Length > 0)
        {
            Append(ProtocolText.MessageHeader, ProtocolText.PercentEncode(status.Detail));
        }
    }

    protected override async Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        if (_http.Response.HasStarted)
        {
            throw new InvalidOperationException("Response headers can only be sent once per call.");
        }

        foreach (var entry in responseHeaders)
        {
            _http.Response.Headers.Append(entry.Key, MetadataText.ValueOf(entry));
        }

        await _http.Response.BodyWriter.FlushAsync(CancellationToken).ConfigureAwait(false);
    }

    private void Append(string key, string value) => _http.Response.AppendTrailer(key, value);
}
