using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using Grpc.Core;
using Grpc.Core.Wire;

namespace Grpc.Net.Client;

/// <summary>One call as an HTTP/2 request: messages out, messages in, and the status that ends it.</summary>
internal sealed class HttpCall<TRequest, TResponse> : IAsyncStreamReader<TResponse>, IClientStreamWriter<TRequest>, IDisposable
    where TRequest : class
    where TResponse : class
{
    private readonly GrpcChannel _channel;
    private readonly Method<TRequest, TResponse> _method;
    private readonly CallOptions _options;
    private readonly CancellationTokenSource _cancellation;
    private readonly RequestContent _content = new();
    private readonly TaskCompletionSource<Metadata> _headers = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task<HttpResponseMessage>? _response;
    private MessageReader? _reader;
    private MessageWriter? _writer;
    private PipeWriter? _pipe;
    private TResponse? _current;
    private Status? _status;
    private Metadata _trailers = [];
    private bool _disposed;

    public HttpCall(GrpcChannel channel, Method<TRequest, TResponse> method, CallOptions options)
    {
        (_channel, _method, _options) = (channel, method, options);
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(options.CancellationToken);
        if (TimeLeft() is { } left)
        {
            _cancellation.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }
    }

    public Task<Metadata> Headers => _headers.Task;

    public WriteOptions? WriteOptions { get; set; }

    public TResponse Current => _current ?? throw new InvalidOperationException("There is no current message.");

    /// <summary>Sends the request; with its one message, or open for more.</summary>
    public void Start(TRequest? single)
    {
        _response = SendAsync();
        if (single is not null)
        {
            _ = SendSingleAsync(single);
        }
    }

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(_cancellation.Token, cancellationToken);
        try
        {
            var reader = await ReaderAsync().ConfigureAwait(false);
            _current = reader is null ? null : await reader.ReadAsync(_method.ResponseMarshaller, both.Token).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            throw Fail(error, endsCall: !cancellationToken.IsCancellationRequested);
        }

        if (_current is not null)
        {
            return true;
        }

        End(await _response!.ConfigureAwait(false));
        return _status!.Value.StatusCode == StatusCode.OK ? false : throw new RpcException(_status.Value, _trailers);
    }

    /// <summary>The one response of a call that has one.</summary>
    public async Task<TResponse> ReadOneAsync()
    {
        if (!await MoveNext(CancellationToken.None).ConfigureAwait(false))
        {
            throw new RpcException(new Status(StatusCode.Internal, "Failed to deserialize response message."));
        }

        var response = Current;
        return await MoveNext(CancellationToken.None).ConfigureAwait(false)
            ? throw new RpcException(new Status(StatusCode.Internal, "More than one response message received."))
            : response;
    }

    public async Task WriteAsync(TRequest message)
    {
        try
        {
            _pipe ??= PipeWriter.Create(await _content.Stream.WaitAsync(_cancellation.Token).ConfigureAwait(false), new StreamPipeWriterOptions(leaveOpen: true));
            _writer ??= new MessageWriter(_pipe, _channel.Options.MaxSendMessageSize, RequestEncoding() == ProtocolText.Gzip);
            var options = WriteOptions ?? _options.WriteOptions;
            _writer.Write(_method.RequestMarshaller, message, compress: options is null || !options.Flags.HasFlag(WriteFlags.NoCompress));
            await _pipe.FlushAsync(_cancellation.Token).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            throw Fail(error, endsCall: false);
        }
    }

    public Task CompleteAsync()
    {
        _content.Complete();
        return Task.CompletedTask;
    }

    public Status GetStatus() => _status ?? throw new InvalidOperationException("Unable to get the status because the call is not complete.");

    public Metadata GetTrailers() => _status is null ? throw new InvalidOperationException("Can't get the call trailers because the call has not completed successfully.") : _trailers;

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _status ??= Status.DefaultCancelled;
            _cancellation.Cancel();
            _content.Complete();
            _cancellation.Dispose();
        }
    }

    private async Task<HttpResponseMessage> SendAsync()
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_channel.Address, _method.FullName))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = _content,
        };
        AddHeaders(request);
        try
        {
            var response = await _channel.Http.SendAsync(request, _cancellation.Token).ConfigureAwait(false);
            _headers.TrySetResult(ToMetadata(response.Headers));
            return response;
        }
        catch (Exception error)
        {
            _content.Fail(error);
            _headers.TrySetException(Fail(error, endsCall: true));
            _ = _headers.Task.Exception;
            throw;
        }
    }

    private void AddHeaders(HttpRequestMessage request)
    {
        request.Headers.TE.ParseAdd("trailers");
        request.Headers.TryAddWithoutValidation("user-agent", "code-grpc-dotnet");
        request.Headers.TryAddWithoutValidation(ProtocolText.AcceptEncodingHeader, $"{ProtocolText.Identity},{ProtocolText.Gzip}");
        if (TimeLeft() is { } left)
        {
            request.Headers.TryAddWithoutValidation(ProtocolText.TimeoutHeader, ProtocolText.FormatTimeout(left));
        }

        if (RequestEncoding() is { } encoding)
        {
            request.Headers.TryAddWithoutValidation(ProtocolText.EncodingHeader, encoding);
        }

        foreach (var entry in _options.Headers ?? [])
        {
            if (entry.Key != RequestEncodingKey)
            {
                request.Headers.TryAddWithoutValidation(entry.Key, MetadataText.ValueOf(entry));
            }
        }
    }

    /// <summary>The metadata key by which a caller asks for compressed requests.</summary>
    private const string RequestEncodingKey = "grpc-internal-encoding-request";

    private string? RequestEncoding() => _options.Headers?.GetValue(RequestEncodingKey);

    private TimeSpan? TimeLeft() => _options.Deadline is { } deadline && deadline != DateTime.MaxValue
        ? deadline.ToUniversalTime() - TimeProvider.System.GetUtcNow().UtcDateTime
        : null;

    private async Task SendSingleAsync(TRequest message)
    {
        try
        {
            await WriteAsync(message).ConfigureAwait(false);
        }
        catch (RpcException)
        {
            // The response tells the same.
        }

        _content.Complete();
    }

    /// <summary>The reader of the body, or null where the response has a status only.</summary>
    private async ValueTask<MessageReader?> ReaderAsync()
    {
        if (_reader is not null)
        {
            return _reader;
        }

        var response = await _response!.ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.OK || !ProtocolText.IsGrpc(response.Content.Headers.ContentType?.MediaType))
        {
            throw new RpcException(new Status(CodeOf(response.StatusCode), $"Bad gRPC response. HTTP status code: {(int)response.StatusCode}"));
        }

        if (response.Headers.Contains(ProtocolText.StatusHeader))
        {
            return null;
        }

        var body = PipeReader.Create(await response.Content.ReadAsStreamAsync(_cancellation.Token).ConfigureAwait(false));
        var encoding = response.Headers.TryGetValues(ProtocolText.EncodingHeader, out var values) ? values.First() : ProtocolText.Identity;
        return _reader = new MessageReader(body, _channel.Options.MaxReceiveMessageSize) { Encoding = encoding };
    }

    private void End(HttpResponseMessage response)
    {
        var trailers = response.Headers.Contains(ProtocolText.StatusHeader) ? response.Headers : response.TrailingHeaders;
        _trailers = ToMetadata(trailers);
        var code = trailers.TryGetValues(ProtocolText.StatusHeader, out var codes) && int.TryParse(codes.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (StatusCode)number
            : StatusCode.Internal;
        var detail = trailers.TryGetValues(ProtocolText.MessageHeader, out var details) ? ProtocolText.PercentDecode(details.First()) : "";
        _status ??= new Status(code, codes is null ? "No grpc-status found on response." : detail);
        _content.Complete();
    }

    /// <param name="endsCall">Whether this is how the call ended: not where a write fails, since the response says why.</param>
    private RpcException Fail(Exception error, bool endsCall)
    {
        if (_status is { } known && known.StatusCode != StatusCode.OK)
        {
            return new RpcException(known, _trailers);
        }

        var status = error switch
        {
            RpcException rpc => rpc.Status,
            _ when TimeLeft() <= TimeSpan.Zero => new Status(StatusCode.DeadlineExceeded, "", error),
            OperationCanceledException or ObjectDisposedException => new Status(StatusCode.Cancelled, "Call canceled by the client.", error),
            HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError } => new Status(StatusCode.Unavailable, $"Error connecting to {_channel.Target}: {error.Message}", error),
            HttpRequestException or IOException => new Status(CodeOf(error), $"Error starting gRPC call. {error.Message}", error),
            _ => new Status(StatusCode.Internal, error.Message, error),
        };
        if (endsCall)
        {
            _status ??= status;
        }

        return new RpcException(status, _trailers);
    }

    /// <summary>PROTOCOL-HTTP2.md, "Errors": HTTP/2 error codes to statuses.</summary>
    private static StatusCode CodeOf(Exception error) => (error as HttpProtocolException ?? error.InnerException as HttpProtocolException)?.ErrorCode switch
    {
        8 => StatusCode.Cancelled,
        11 => StatusCode.ResourceExhausted,
        12 => StatusCode.PermissionDenied,
        null or 7 => StatusCode.Unavailable,
        _ => StatusCode.Internal,
    };

    /// <summary>http-grpc-status-mapping.md.</summary>
    private static StatusCode CodeOf(HttpStatusCode status) => (int)status switch
    {
        400 => StatusCode.Internal,
        401 => StatusCode.Unauthenticated,
        403 => StatusCode.PermissionDenied,
        404 => StatusCode.Unimplemented,
        429 or 502 or 503 or 504 => StatusCode.Unavailable,
        _ => StatusCode.Unknown,
    };

    private static Metadata ToMetadata(IEnumerable<KeyValuePair<string, IEnumerable<string>>> headers)
    {
        var metadata = new Metadata();
        foreach (var (key, values) in headers)
        {
            foreach (var value in values)
            {
                MetadataText.Add(metadata, key, value);
            }
        }

        return metadata;
    }
}
