using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using Grpc.Core.Wire;

namespace Grpc.Net.Client;

/// <summary>One call as an HTTP/2 request: messages out, messages in, and the status that ends it.</summary>
internal sealed class HttpCall<TRequest, TResponse> : ICall, IAsyncStreamReader<TResponse>, IClientStreamWriter<TRequest>
    where TRequest : class
    where TResponse : class
{
    /// <summary>The metadata key by which a caller asks for compressed requests.</summary>
    private const string RequestEncodingKey = "grpc-internal-encoding-request";

    private readonly GrpcChannel _channel;
    private readonly Method<TRequest, TResponse> _method;
    private readonly string? _host;
    private readonly CallOptions _options;
    private readonly CancellationTokenSource _cancellation;
    private readonly CancellationToken _token;
    private readonly Lock _ending = new();
    private Task<HttpResponseMessage>? _response;
    private Task<Metadata>? _headers;
    private MessagesContent? _requests;
    private StreamMessageReader? _reader;
    private MessageWriter? _writer;
    private PipeWriter? _pipe;
    private TResponse? _current;
    private Status? _status;
    private Metadata _trailers = Metadata.Empty;

    public HttpCall(GrpcChannel channel, Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        (_channel, _method, _host, _options) = (channel, method, host, options);
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(options.CancellationToken);
        _token = _cancellation.Token;
        if (TimeLeft() is { } left)
        {
            _cancellation.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }
    }

    public Task<Metadata> ResponseHeadersAsync => _headers ??= HeadersAsync();

    public WriteOptions? WriteOptions { get; set; }

    public TResponse Current => _current ?? throw new InvalidOperationException("There is no current message.");

    /// <summary>Sends the request with its one message.</summary>
    public void Start(TRequest message) => _response = SendAsync(message);

    /// <summary>Opens the request for messages.</summary>
    public void Start()
    {
        _requests = new MessagesContent();
        _response = SendStreamAsync(_requests);
        _ = _response.ContinueWith(static response => response.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        using var cancels = cancellationToken.UnsafeRegister(static call => ((HttpCall<TRequest, TResponse>)call!).Dispose(), this);
        _current = await ReadAsync().ConfigureAwait(false);
        if (_current is not null)
        {
            return true;
        }

        return End() is { StatusCode: not StatusCode.OK } status ? throw new RpcException(status, _trailers) : false;
    }

    /// <summary>The one response of a call that has one.</summary>
    public async Task<TResponse> ReadOneAsync()
    {
        var response = await ReadAsync().ConfigureAwait(false);
        var another = response is null ? null : await ReadAsync().ConfigureAwait(false);
        var status = another is not null ? Fail(new RpcException(new Status(StatusCode.Internal, "More than one response message received."))).Status : End();
        return status.StatusCode != StatusCode.OK ? throw new RpcException(status, _trailers)
            : response ?? throw new RpcException(new Status(StatusCode.Internal, "Failed to deserialize response message."), _trailers);
    }

    public async Task WriteAsync(TRequest message)
    {
        try
        {
            _pipe ??= PipeWriter.Create(await _requests!.Stream.WaitAsync(_token).ConfigureAwait(false), new StreamPipeWriterOptions(leaveOpen: true));
            _writer ??= NewWriter(_pipe, contiguous: false);
            var options = WriteOptions ?? _options.WriteOptions;
            _writer.Write(_method.RequestMarshaller, message, Compresses(options));
            if (options is null || !options.Flags.HasFlag(WriteFlags.BufferHint))
            {
                await _pipe.FlushAsync(_token).ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            // Why the call ended is in the response; a broken write only shows that it did.
            throw new RpcException(_status is { StatusCode: not StatusCode.OK } known ? known : StatusOf(error), _trailers);
        }
    }

    public async Task CompleteAsync()
    {
        if (_pipe is not null)
        {
            await _pipe.FlushAsync(_token).ConfigureAwait(false);
        }

        _requests!.Complete();
    }

    public Status GetStatus() => _status ?? throw new InvalidOperationException("Unable to get the status because the call is not complete.");

    public Metadata GetTrailers() => _status is null ? throw new InvalidOperationException("Can't get the call trailers because the call has not completed successfully.") : _trailers;

    public void Dispose() => Finish(new Status(StatusCode.Cancelled, "gRPC call disposed."), Metadata.Empty, cancel: true);

    private static void Cancel(Task<HttpResponseMessage>? response)
    {
        if (response is { IsCompletedSuccessfully: true })
        {
            response.Result.Dispose();
        }
    }

    private static bool Compresses(WriteOptions? options) => options is null || !options.Flags.HasFlag(WriteFlags.NoCompress);

    private async Task<Metadata> HeadersAsync()
    {
        try
        {
            return ResponseText.MetadataOf((await _response!.ConfigureAwait(false)).Headers);
        }
        catch (Exception error)
        {
            throw Fail(error);
        }
    }

    /// <summary>Sends the request, and again as the method's policy has it.</summary>
    private async Task<HttpResponseMessage> SendAsync(TRequest message)
    {
        var retries = _channel.RetriesOf(_method);
        for (var attempt = 1; ; attempt++)
        {
            var content = new MessageContent(body => NewWriter(body, contiguous: true).Write(_method.RequestMarshaller, message, Compresses(_options.WriteOptions)));
            TimeSpan? pause;
            try
            {
                var response = await SendOnceAsync(content, attempt).ConfigureAwait(false);
                pause = retries?.PauseAfter(attempt, ResponseText.StatusOf(response, trailersOnly: true)?.StatusCode ?? StatusCode.OK, ResponseText.ValueOf(response.Headers, RetryPlan.PushbackHeader));
                if (pause is null)
                {
                    return Watch(response);
                }

                response.Dispose();
            }
            catch (Exception error) when (retries is not null && content.Failure is null)
            {
                pause = retries.PauseAfter(attempt, StatusOf(error).StatusCode, null);
                if (pause is null)
                {
                    throw;
                }
            }
            catch (Exception) when (content.Failure is not null)
            {
                throw content.Failure;
            }

            await Task.Delay(pause.Value, _token).ConfigureAwait(false);
        }
    }

    private async Task<HttpResponseMessage> SendStreamAsync(MessagesContent requests)
    {
        try
        {
            return Watch(await SendOnceAsync(requests, attempt: 1).ConfigureAwait(false));
        }
        catch (Exception error)
        {
            Fail(error);
            throw;
        }
    }

    /// <summary>Has a cancellation end the response where nothing may be reading it.</summary>
    private HttpResponseMessage Watch(HttpResponseMessage response)
    {
        if (_method.Type != MethodType.Unary)
        {
            _token.UnsafeRegister(static response => ((HttpResponseMessage)response!).Dispose(), response);
        }

        return response;
    }

    private async Task<HttpResponseMessage> SendOnceAsync(HttpContent content, int attempt)
    {
        var request = new HttpRequestMessage { Method = HttpMethod.Post, Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = content };
        AddHeaders(request.Headers, attempt);
        await _channel.AddressAsync(request, _method, _host, _options.IsWaitForReady, _token).ConfigureAwait(false);
        return await _channel.Http.SendAsync(request, _token).ConfigureAwait(false);
    }

    private void AddHeaders(HttpRequestHeaders headers, int attempt)
    {
        headers.TryAddWithoutValidation("te", "trailers");
        headers.TryAddWithoutValidation("user-agent", ProtocolText.UserAgent);
        headers.TryAddWithoutValidation(ProtocolText.AcceptEncodingHeader, ProtocolText.AcceptedEncodings);
        if (TimeLeft() is { } left)
        {
            headers.TryAddWithoutValidation(ProtocolText.TimeoutHeader, ProtocolText.FormatTimeout(left));
        }

        if (RequestEncoding() is { } encoding)
        {
            headers.TryAddWithoutValidation(ProtocolText.EncodingHeader, encoding);
        }

        if (attempt > 1)
        {
            headers.TryAddWithoutValidation(RetryPlan.AttemptsHeader, (attempt - 1).ToString(CultureInfo.InvariantCulture));
        }

        foreach (var entry in _options.Headers ?? Metadata.Empty)
        {
            if (entry.Key != RequestEncodingKey)
            {
                headers.TryAddWithoutValidation(entry.Key, MetadataText.ValueOf(entry));
            }
        }
    }

    private string? RequestEncoding() => _options.Headers?.GetValue(RequestEncodingKey);

    private MessageWriter NewWriter(IBufferWriter<byte> output, bool contiguous)
        => new(output, _channel.Options.MaxSendMessageSize, RequestEncoding() == ProtocolText.Gzip ? CompressionLevel.Fastest : null, contiguous);

    private TimeSpan? TimeLeft() => _options.Deadline is { } deadline && deadline != DateTime.MaxValue
        ? deadline.ToUniversalTime() - TimeProvider.System.GetUtcNow().UtcDateTime
        : null;

    /// <summary>The next message, or null at the end.</summary>
    private async ValueTask<TResponse?> ReadAsync()
    {
        try
        {
            _reader ??= await OpenAsync().ConfigureAwait(false);
            return _reader is null ? null : await _reader.ReadAsync(_method.ResponseMarshaller, _token).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            throw Fail(error);
        }
    }

    /// <summary>The reader of the body, or null where the response has a status only.</summary>
    private async ValueTask<StreamMessageReader?> OpenAsync()
    {
        var response = await _response!.ConfigureAwait(false);
        if (ResponseText.Refusal(response) is { } refusal)
        {
            throw new RpcException(refusal);
        }

        return ResponseText.StatusOf(response, trailersOnly: true) is not null ? null
            : new StreamMessageReader(
                await response.Content.ReadAsStreamAsync(_token).ConfigureAwait(false),
                new MessageDecoder(_channel.Options.MaxReceiveMessageSize, ResponseText.ValueOf(response.Headers, ProtocolText.EncodingHeader) ?? ""));
    }

    /// <summary>How a response ended whose messages are all read.</summary>
    private Status End()
    {
        var response = _response!.Result;
        try
        {
            var trailersOnly = ResponseText.StatusOf(response, trailersOnly: true);
            var trailers = ResponseText.MetadataOf(trailersOnly is null ? response.TrailingHeaders : response.Headers);
            Finish(trailersOnly ?? ResponseText.StatusOf(response, trailersOnly: false) ?? new Status(StatusCode.Internal, "No grpc-status found on response."), trailers);
        }
        catch (RpcException error)
        {
            Finish(error.Status, Metadata.Empty);
        }

        return _status!.Value;
    }

    private RpcException Fail(Exception error)
    {
        Finish(StatusOf(error), (error as RpcException)?.Trailers ?? Metadata.Empty, cancel: true);
        return new RpcException(_status!.Value, _trailers);
    }

    /// <summary>The first to say how the call ended is right.</summary>
    private void Finish(Status status, Metadata trailers, bool cancel = false)
    {
        lock (_ending)
        {
            if (_status is not null)
            {
                return;
            }

            (_status, _trailers) = (status, trailers);
        }

        if (cancel)
        {
            _requests?.Cancel();
            _cancellation.Cancel();
            Cancel(_response);
        }
        else
        {
            _requests?.Complete();
        }

        _cancellation.Dispose();
    }

    private Status StatusOf(Exception error)
        => error is RpcException rpc ? rpc.Status
            : _options.CancellationToken.IsCancellationRequested ? new Status(StatusCode.Cancelled, "Call canceled by the client.", error)
            : _options.Deadline is not null && (_token.IsCancellationRequested || TimeLeft() <= TimeSpan.Zero) ? new Status(StatusCode.DeadlineExceeded, "", error)
            : ResponseText.StatusOf(error);
}
