using System.Collections.Concurrent;
using System.Net;
using CoDe.Hosting.Startup;
using CoDe.Protocol.V1;
using CoDe.Testing.Certificates;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CoDe.Gateway.Tests;

/// <summary>
/// Double of both stages on a real socket, without a model: images are one pixel wide, and their red is the label. The
/// test decides when each call continues and which fail.
/// </summary>
internal sealed class StageDouble : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string _scheme;

    private StageDouble(WebApplication app, string scheme)
    {
        _app = app;
        _scheme = scheme;
    }

    /// <summary>Calls that came, as <c>draft tiny 8: 1 2</c>: stage, model, N and labels.</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>Gets the calls that were cancelled.</summary>
    public ConcurrentQueue<string> Cancelled { get; } = new();

    /// <summary>The formats that were asked of refiners, one an image.</summary>
    public ConcurrentQueue<ImageFormat> Formats { get; } = new();

    /// <summary>Gets the images that drafters were given.</summary>
    public ConcurrentQueue<ImageSpec> Drafted { get; } = new();

    /// <summary>Awaited by every call of a stage, with its entry in <see cref="Calls"/>; may throw.</summary>
    public Func<string, Task> OnCall { get; set; } = _ => Task.CompletedTask;

    public uint LargestBatch { get; set; } = 4;

    public IReadOnlyList<uint> Steps { get; set; } = [6, 8, 10];

    public string WeightsDigest { get; set; } = "";

    public string Address => $"{_scheme}://127.0.0.1:{ServiceHost.PortOf(_app)}";

    /// <param name="certificate">For TLS; null for none.</param>
    public static async Task<StageDouble> StartAsync(int port = 0, CertificateFiles? certificate = null)
    {
        StageDouble? stage = null;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(_ => stage!);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(
            IPAddress.Loopback, port, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                if (certificate is not null)
                {
                    listen.UseHttps(certificate.Load());
                }
            }));
        var app = builder.Build();
        app.MapGrpcService<DraftingDouble>();
        app.MapGrpcService<RefiningDouble>();
        stage = new StageDouble(app, certificate is null ? "http" : "https");
        await app.StartAsync();
        return stage;
    }

    /// <summary>Lists the labels of all images that were drafted, as often as they were.</summary>
    public IEnumerable<string> DraftedLabels()
        => Calls.Where(call => call.StartsWith("draft", StringComparison.Ordinal))
            .SelectMany(call => call.Split(": ")[1].Split(' '));

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task ComeAsync(string call, CancellationToken cancellation)
    {
        Calls.Enqueue(call);
        try
        {
            await OnCall(call).WaitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            Cancelled.Enqueue(call);
            throw;
        }
    }

    private StageStatus Status()
    {
        var model = new ServedModel
        {
            Name = "tiny",
            Classes = 100,
            ImageSide = 1,
            WeightsDigest = WeightsDigest,
            Sampling = new Sampling { Guidance = 1.5, TopK = 60, TopP = 0.95, Temperatures = { 1 } },
        };
        model.Steps.AddRange(Steps);
        model.Sides.AddRange(Flow.ScaleSchedule.Published256.Sides.Select(side => (uint)side));
        return new StageStatus { Ready = true, LargestBatch = LargestBatch, Models = { model } };
    }

    private static string Labels(IEnumerable<ImageSpec> images)
        => string.Join(' ', images.Select(image => image.Label));

    private sealed class DraftingDouble(StageDouble stage) : Drafting.DraftingBase
    {
        public override async Task Draft(
            DraftRequest request, IServerStreamWriter<DraftEvent> responseStream, ServerCallContext context)
        {
            await stage.ComeAsync(
                $"draft {request.Model} {request.Steps}: {Labels(request.Images)}", context.CancellationToken);
            foreach (var image in request.Images)
            {
                stage.Drafted.Enqueue(image);
            }

            if (request.Progress)
            {
                await responseStream.WriteAsync(new DraftEvent { ScalesDone = request.Steps });
            }

            var drafts = new Drafts();
            drafts.Drafts_.AddRange(request.Images.Select(image => ByteString.CopyFrom((byte)image.Label)));
            await responseStream.WriteAsync(new DraftEvent { Drafts = drafts });
        }

        public override Task<StageStatus> Status(StatusRequest request, ServerCallContext context)
            => Task.FromResult(stage.Status());
    }

    private sealed class RefiningDouble(StageDouble stage) : Refining.RefiningBase
    {
        public override async Task Refine(
            RefineRequest request, IServerStreamWriter<RefineEvent> responseStream, ServerCallContext context)
        {
            await stage.ComeAsync(
                $"refine {request.Model}: {Labels(request.Images.Select(image => image.Spec))}",
                context.CancellationToken);
            await WritePreviewsAsync(request, responseStream);
            if (request.Progress)
            {
                await responseStream.WriteAsync(new RefineEvent { ScalesDone = 10 });
            }

            var refined = new Refined();
            foreach (var image in request.Images)
            {
                stage.Formats.Enqueue(image.Format);
                refined.Images.Add(ToRefined(image));
            }

            await responseStream.WriteAsync(new RefineEvent { Refined = refined });
        }

        public override Task<StageStatus> Status(StatusRequest request, ServerCallContext context)
            => Task.FromResult(stage.Status());

        public override Task<EncodeResponse> Encode(EncodeRequest request, ServerCallContext context)
            => Task.FromResult(new EncodeResponse
            {
                Features = { new FeatureMap { Channels = 1, Side = 1, Values = ByteString.CopyFrom(1, 2, 3, 4) } },
            });

        /// <summary>The one token of an image is its label.</summary>
        private static RefinedImage ToRefined(RefineImage image)
        {
            var refined = new RefinedImage { Image = Pixel(image) };
            if (image.TokenMaps)
            {
                refined.TokenMaps.Add(new TokenMap { Side = 1, Tokens = ByteString.CopyFrom(image.Draft[0], 0) });
            }

            return refined;
        }

        private static async Task WritePreviewsAsync(
            RefineRequest request, IServerStreamWriter<RefineEvent> responseStream)
        {
            var previews = new Previews();
            foreach (var (position, image) in request.Images.Index().Where(each => each.Item.Preview))
            {
                previews.Previews_.Add(new Preview { Position = (uint)position, Image = Pixel(image) });
            }

            if (previews.Previews_.Count > 0)
            {
                await responseStream.WriteAsync(new RefineEvent { Previews = previews });
            }
        }

        /// <summary>The bytes are raw whatever the format.</summary>
        private static Image Pixel(RefineImage image)
            => new() { Width = 1, Height = 1, Format = image.Format, Data = ByteString.CopyFrom(image.Draft[0], 0, 0) };
    }
}
