using System.Runtime.InteropServices;
using CoDe.Drafter;
using CoDe.Hosting.Lifecycle;
using CoDe.Hosting.Startup;
using CoDe.Protocol.V1;
using CoDe.Refiner;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Xunit;

namespace CoDe.Gateway.Tests.Replicas;

/// <summary>Batches that no gateway sends: stages refuse each, by field and value, before the device sees it.</summary>
public sealed class ForgedBatchTests(LoneStages stages) : IClassFixture<LoneStages>
{
    private const int Scales = 10;

    private static readonly Dictionary<string, Action<RefineRequest, Draft>> Forgeries = new()
    {
        ["batch is 0; allowed: 1 to 2 images"] = (request, _) => request.Images.Clear(),
        ["batch is 3; allowed: 1 to 2 images"] = (request, _) => request.Images.Add(
            [request.Images[0], request.Images[0]]),
        ["label is 11; allowed: 0 to 9, or 10 for none"] = (request, _) => request.Images[0].Spec.Label = 11,
        ["format is 9; allowed: Png"] = (request, _) => request.Images[0].Format = (ImageFormat)9,
        ["spec is missing"] = (request, _) => request.Images[0].Spec = null,
        ["feature map side is 32; allowed: 16"] = (_, draft) => draft.FeatureMap = Map(draft, 32, 0),
        ["feature map channels is 64; allowed: "] = (_, draft) => draft.FeatureMap = new FeatureMap
        {
            Channels = 64,
            Side = 16,
            Values = Floats(64 * 16 * 16, 0),
        },
        ["feature map is NaN; allowed: numbers from -65504 to 65504"] =
            (_, draft) => draft.FeatureMap = Map(draft, 16, float.NaN),
        ["feature map is 3E+38; allowed: "] = (_, draft) => draft.FeatureMap = Map(draft, 16, 3e38f),
        ["token is 65535; allowed: 0 to "] =
            (_, draft) => draft.TokenMaps[1].Tokens = ByteString.CopyFrom(255, 255, 0, 0, 0, 0, 0, 0),
        ["token map is 1; allowed: 4 tokens at scale 2"] =
            (_, draft) => draft.TokenMaps[1].Tokens = ByteString.CopyFrom(0, 0),
        ["token map side is 3; allowed: 2 at scale 2"] = (_, draft) => draft.TokenMaps[1].Side = 3,
    };

    public static TheoryData<string, uint, bool> Drafts()
    {
        var cases = new TheoryData<string, uint, bool>();
        foreach (var message in Forgeries.Keys)
        {
            cases.Add(message, 8, false);
            cases.Add(message, 8, true);
            cases.Add(message, Scales, false);
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Drafts))]
    public async Task Refiner_OfAForgedDraft_RefusesItBeforeTheDevice(string message, uint steps, bool preview)
    {
        var request = stages.Drafted(steps);
        request.Images[0].Preview = preview;
        var draft = Draft.Parser.ParseFrom(request.Images[0].Draft);
        Forgeries[message](request, draft);
        foreach (var image in request.Images)
        {
            image.Draft = draft.ToByteString();
        }

        var refining = stages.Refining;
        var before = (await refining.StatusAsync(new StatusRequest())).BusySeconds;
        using var call = refining.Refine(request);
        await AssertRefusedAsync(message, call.ResponseStream);
        Assert.Equal(before, (await refining.StatusAsync(new StatusRequest())).BusySeconds);
    }

    [Fact]
    public async Task Refiner_OfDraftsOfSeveralLengths_RefusesThem()
    {
        var request = stages.Drafted(8);
        request.Images.Add(stages.Drafted(9).Images[0]);
        using var call = stages.Refining.Refine(request);
        await AssertRefusedAsync("draft scales is 9; allowed: 8, as the batch's first.", call.ResponseStream);
    }

    [Fact]
    public async Task Refiner_OfAnImageOfAnotherSize_RefusesItBeforeTheDevice()
    {
        var refining = stages.Refining;
        var before = (await refining.StatusAsync(new StatusRequest())).BusySeconds;
        var image = new Image { Width = 32, Height = 32, Format = ImageFormat.Rgb, Data = Bytes(32 * 32 * 3) };
        var refused = await Assert.ThrowsAsync<RpcException>(
            async () => await refining.EncodeAsync(new EncodeRequest { Model = "tiny", Image = image }));
        Assert.Equal("image is 32 x 32; allowed: 64 x 64 pixels.", refused.Status.Detail);
        Assert.Equal(before, (await refining.StatusAsync(new StatusRequest())).BusySeconds);
    }

    [Theory]
    [InlineData(3, 8u, 0f, "batch is 3; allowed: 1 to 2 images")]
    [InlineData(1, 8u, float.NaN, "edit's mask is NaN; allowed: numbers from 0 to 1")]
    [InlineData(1, 4_000_000_000u, 0f, "steps is 2147483647; tiny is served for 1, 2")]
    public async Task Drafter_OfAForgedBatch_RefusesItBeforeTheDevice(
        int images, uint steps, float keep, string message)
    {
        var drafting = stages.Drafting;
        var before = (await drafting.StatusAsync(new StatusRequest())).BusySeconds;
        var request = new DraftRequest { Model = "tiny", Steps = steps };
        for (var image = 0; image < images; image++)
        {
            request.Images.Add(LoneStages.Spec());
        }

        if (float.IsNaN(keep))
        {
            var channels = Draft.Parser.ParseFrom(stages.Drafted(8).Images[0].Draft).FeatureMap.Channels;
            request.Images[0].Keep = new Keep { Mask = Floats(16 * 16, keep) };
            request.Images[0].Keep.Features.AddRange(Enumerable.Range(0, Scales).Select(_ => new FeatureMap
            {
                Channels = channels,
                Side = 16,
                Values = Floats((int)channels * 16 * 16, 0),
            }));
        }

        using var call = drafting.Draft(request);
        var refused = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(default));
        Assert.StartsWith(message, refused.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(before, (await drafting.StatusAsync(new StatusRequest())).BusySeconds);
    }

    private static async Task AssertRefusedAsync(string message, IAsyncStreamReader<RefineEvent> answer)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => answer.MoveNext(default));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.StartsWith(message, refused.Status.Detail, StringComparison.Ordinal);
    }

    private static ByteString Bytes(int count) => ByteString.CopyFrom(new byte[count]);

    private static ByteString Floats(int count, float value)
        => ByteString.CopyFrom(MemoryMarshal.AsBytes<float>([.. Enumerable.Repeat(value, count)]));

    private static FeatureMap Map(Draft draft, uint side, float value) => new()
    {
        Channels = draft.FeatureMap.Channels,
        Side = side,
        Values = Floats((int)(draft.FeatureMap.Channels * side * side), value),
    };
}

/// <summary>A drafter and a refiner of the demonstration model, and what they were given to do.</summary>
public sealed class LoneStages : IAsyncLifetime
{
    private readonly WebApplication _drafter = DrafterHost.Create(Alone("Drafter"));
    private readonly WebApplication _refiner = RefinerHost.Create(Alone("Refiner"));
    private readonly Dictionary<uint, RefineRequest> _drafted = [];
    private GrpcChannel? _drafting;
    private GrpcChannel? _refining;

    internal Drafting.DraftingClient Drafting => new(_drafting);

    internal Refining.RefiningClient Refining => new(_refining);

    internal static ImageSpec Spec() => new()
    {
        Label = 4,
        Seed = 7,
        Sampling = new Sampling { Guidance = 1.5, TopK = 60, TopP = 0.95, Temperatures = { 1 } },
    };

    /// <summary>Gets the request to refine an image that the drafter drafted.</summary>
    internal RefineRequest Drafted(uint steps) => _drafted[steps].Clone();

    public async Task InitializeAsync()
    {
        await _drafter.StartAndLoadAsync();
        _drafting = GrpcChannel.ForAddress($"http://127.0.0.1:{ServiceHost.PortOf(_drafter)}");
        foreach (var steps in new uint[] { 8, 9, 10 })
        {
            using var call = Drafting.Draft(new DraftRequest { Model = "tiny", Steps = steps, Images = { Spec() } });
            Assert.True(await call.ResponseStream.MoveNext(default));
            var image = new RefineImage { Spec = Spec(), Draft = call.ResponseStream.Current.Drafts.Drafts_[0] };
            _drafted[steps] = new RefineRequest { Model = "tiny", Images = { image } };
        }

        await _refiner.StartAndLoadAsync();
        _refining = GrpcChannel.ForAddress($"http://127.0.0.1:{ServiceHost.PortOf(_refiner)}");
    }

    public async Task DisposeAsync()
    {
        _drafting?.Dispose();
        _refining?.Dispose();
        foreach (var stage in new[] { _drafter, _refiner })
        {
            await stage.StopAsync();
            await stage.DisposeAsync();
        }
    }

    private static string[] Alone(string section) =>
    [
        $"--{section}:Host=127.0.0.1", $"--{section}:Port=0", $"--{section}:HttpPort=off",
        $"--{section}:LargestBatch=2", $"--{section}:Device:Threads=1", "--Logging:LogLevel:Default=None",
    ];
}
