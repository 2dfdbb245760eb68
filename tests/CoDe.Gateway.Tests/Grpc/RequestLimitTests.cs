using System.Net;
using System.Net.Http.Headers;
using CoDe.Protocol.V1;
using Grpc.Core;
using Xunit;

namespace CoDe.Gateway.Tests.Grpc;

/// <summary>Limits on the size of a gRPC request and on the time in which it comes in.</summary>
public sealed class RequestLimitTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private StageDouble _stage = null!;
    private GatewayServer _gateway = null!;

    [Theory]
    [InlineData(3, false, StatusCode.InvalidArgument)]
    [InlineData(3, true, StatusCode.InvalidArgument)]
    [InlineData(5, false, StatusCode.ResourceExhausted)]
    [InlineData(64, true, StatusCode.ResourceExhausted)]
    public async Task Message_OfMegabytes_IsReadUpToTheLimitOfItsWholeSize(
        int megabytes, bool isCompressed, StatusCode expected)
    {
        var request = new GenerateRequest { Labels = { new string('a', megabytes << 20) } };
        var headers = new Metadata();
        if (isCompressed)
        {
            headers.Add("grpc-internal-encoding-request", "gzip");
        }

        var refused = await Assert.ThrowsAsync<RpcException>(
            async () => await _gateway.Client.GenerateAsync(request, headers));
        Assert.Equal(expected, refused.StatusCode);
    }

    [Fact]
    public async Task Labels_ThatAreTooMany_AreRefused()
    {
        var request = new GenerateRequest();
        request.Labels.AddRange(Enumerable.Repeat("1", 1_000_000));
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await _gateway.Client.GenerateAsync(request));
        Assert.Equal("labels is more than 1024 classes; allowed: 1 to 1024.", refused.Status.Detail);
    }

    [Theory]
    [InlineData("code.v1.Generation/Generate")]
    [InlineData("code.v1.Generation/GenerateStream")]
    [InlineData("grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")]
    public async Task Request_ThatDoesNotComeInWhole_EndsInTime(string method)
    {
        using var http = new HttpClient();
        using var half = new HalfContent();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_gateway.Addresses[0], method))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = half,
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead)
            .WaitAsync(Patience);
        await response.Content.ReadAsByteArrayAsync().WaitAsync(Patience);
        var status = response.Headers.Concat(response.TrailingHeaders).Single(header => header.Key == "grpc-status");
        Assert.Equal($"{(int)StatusCode.DeadlineExceeded}", Assert.Single(status.Value));
    }

    public async Task InitializeAsync()
    {
        _stage = await StageDouble.StartAsync();
        _gateway = await GatewayServer.StartAsync([_stage.Address], [_stage.Address], "--Gateway:RequestSeconds=1");
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _stage.DisposeAsync();
    }

    /// <summary>The beginning of a message, whose rest never comes.</summary>
    private sealed class HalfContent : HttpContent
    {
        private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public HalfContent() => Headers.ContentType = new MediaTypeHeaderValue("application/grpc");

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(new byte[] { 0, 0, 0, 16, 0, 10 });
            await stream.FlushAsync();
            await _end.Task;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            _end.TrySetResult();
            base.Dispose(disposing);
        }
    }
}
