using CoDe.Engine.Compute.Cpu;
using CoDe.Engine.Serving;
using CoDe.Engine.Stages;
using CoDe.Engine.Vqvae;
using CoDe.Flow;
using CoDe.Imaging;
using CoDe.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Xunit;

namespace CoDe.Gateway.Tests.Requests;

/// <summary>Real stages with the demonstration model: images are those of the same request on one device.</summary>
public sealed class ImageTests(ServedTinyModel served) : IClassFixture<ServedTinyModel>
{
    [Theory]
    [InlineData(8u, false)]
    [InlineData(3u, false)]
    [InlineData(10u, false)]
    [InlineData(6u, true)]
    public async Task Images_ThroughTheServices_AreThoseOfOneDevice(uint steps, bool smooth)
    {
        var request = new GenerateRequest
        {
            Labels = { "star", "none", "3" },
            Count = 3,
            Seed = 99,
            Steps = steps,
            Format = ImageFormat.Rgb,
            Tokens = true,
            Settings = new Settings { Smooth = smooth },
        };
        var response = await served.Gateway.Client.GenerateAsync(request);
        var local = Local([4, 4, 4, 10, 10, 10, 3, 3, 3], (int)steps, TinyModel.Sampling with { Smooth = smooth });
        Assert.Equal((99ul, steps, "tiny"), (response.Seed, response.Steps, response.Model));
        Assert.Equal(
            ["star", "star", "star", "none", "none", "none", "triangle", "triangle", "triangle"],
            response.Images.Select(image => image.LabelName));
        foreach (var (image, expected, decoded) in response.Images.Zip(local.Images, local.Decoded))
        {
            Assert.True(image.Image.Data.Span.SequenceEqual(expected.Rgb), $"image {image.Index}");
            var tokenMaps = image.TokenMaps.Select(Protocol.FlowMapping.FromWire);
            Assert.Equal(
                decoded.TokenMaps.SelectMany(map => map.Tokens), tokenMaps.SelectMany(map => map.Tokens));
        }
    }

    [Fact]
    public async Task ManyRequests_AtOnce_AreAnsweredAsEachAlone()
    {
        var requests = Enumerable.Range(0, 12).Select(label => new GenerateRequest
        {
            Labels = { $"{label % 10}" },
            Count = 2,
            Seed = 5,
            Steps = 8,
            Format = ImageFormat.Rgb,
        });
        var responses = await Task.WhenAll(
            requests.Select(request => served.Gateway.Client.GenerateAsync(request).ResponseAsync));
        foreach (var (response, number) in responses.Select((response, number) => (response, number)))
        {
            var local = Local([number % 10, number % 10], 8, TinyModel.Sampling, seed: 5);
            Assert.All(response.Images.Zip(local.Images), pair =>
                Assert.True(pair.First.Image.Data.Span.SequenceEqual(pair.Second.Rgb)));
        }
    }

    [Fact]
    public async Task Png_HoldsTheSamePixels()
    {
        var response = await served.Gateway.Client.GenerateAsync(
            new GenerateRequest { Labels = { "heart" }, Seed = 1, Steps = 8 });
        Assert.Equal(
            Local([5], 8, TinyModel.Sampling, seed: 1).Images[0].Rgb,
            PictureCodec.Decode(response.Images[0].Image.Data.Span).Rgb);
    }

    [Fact]
    public async Task Seed_ThatIsNotGiven_IsToldAndMakesTheImageAgain()
    {
        var first = await served.Gateway.Client.GenerateAsync(new GenerateRequest { Labels = { "moon" } });
        var again = await served.Gateway.Client.GenerateAsync(
            new GenerateRequest { Labels = { "moon" }, Seed = first.Seed });
        Assert.Equal(first.Images[0], again.Images[0]);
    }

    [Fact]
    public async Task Stream_TellsEachScaleThePreviewAndTheImage()
    {
        using var call = served.Gateway.Client.GenerateStream(
            new GenerateRequest { Labels = { "ring" }, Seed = 2, Steps = 6, Format = ImageFormat.Rgb });
        var events = new List<GenerateEvent>();
        await foreach (var each in call.ResponseStream.ReadAllAsync())
        {
            events.Add(each);
        }

        Assert.Equal(2ul, events[0].Queued.Seed);
        var scales = events.Where(each => each.ScaleDone is not null).Select(each => (int)each.ScaleDone.Scales);
        Assert.Equal(Enumerable.Range(1, 10), scales);
        var preview = Assert.Single(events, each => each.Drafted is not null).Drafted.Preview;
        Assert.Equal((64u, 64u), (preview.Width, preview.Height));
        Assert.True(
            events[^1].Image.Image.Data.Span.SequenceEqual(Local([1], 6, TinyModel.Sampling, seed: 2).Images[0].Rgb));
    }

    [Fact]
    public async Task Edit_KeepsWhatTheMaskSays()
    {
        var star = new GenerateRequest { Labels = { "star" }, Seed = 3, Steps = 8, Format = ImageFormat.Rgb };
        var original = (await served.Gateway.Client.GenerateAsync(star)).Images[0].Image;
        var mask = new byte[64 * 64 * 3];
        mask.AsSpan(0, mask.Length / 2).Fill(255);
        var edited = await served.Gateway.Client.EditAsync(new EditRequest
        {
            Request = new GenerateRequest { Labels = { "heart" }, Seed = 4, Steps = 8, Format = ImageFormat.Rgb },
            Image = original,
            Mask = new Protocol.V1.Image
            {
                Width = 64,
                Height = 64,
                Format = ImageFormat.Rgb,
                Data = ByteString.CopyFrom(mask),
            },
        });
        var pixels = edited.Images[0].Image.Data.ToByteArray();
        Assert.True(
            Difference(pixels, original, 0, 20) < 12, $"kept part differs by {Difference(pixels, original, 0, 20)}");
        Assert.True(Difference(pixels, original, 44, 64) > Difference(pixels, original, 0, 20));
        Assert.Equal(LocalEdit(original, mask).Rgb, pixels);
    }

    public static TheoryData<string, GenerateRequest, StatusCode, string> Wrong()
    {
        static GenerateRequest With(Settings settings) => new() { Labels = { "1" }, Settings = settings };
        return new()
        {
            { "no label", new() { }, StatusCode.InvalidArgument, "labels is empty" },
            {
                "label", new() { Labels = { "unicorn" } }, StatusCode.InvalidArgument,
                "label is unicorn; allowed: 0 to 9, none, or one of disk"
            },
            { "label beyond", new() { Labels = { "10" } }, StatusCode.InvalidArgument, "label is 10" },
            {
                "count 0", new() { Labels = { "1" }, Count = 0 }, StatusCode.InvalidArgument,
                "count is 0; allowed: 1 to 1024"
            },
            {
                "count", new() { Labels = { "1", "2" }, Count = 513 }, StatusCode.InvalidArgument,
                "count is 513; allowed: 1 to 512"
            },
            {
                "steps 0", new() { Labels = { "1" }, Steps = 0 }, StatusCode.InvalidArgument,
                "steps is 0; allowed: 1 to 10"
            },
            {
                "steps", new() { Labels = { "1" }, Steps = 11 }, StatusCode.InvalidArgument,
                "steps is 11; allowed: 1 to 10"
            },
            {
                "steps unserved", new() { Labels = { "1" }, Steps = 9 }, StatusCode.FailedPrecondition,
                "steps is 9; tiny is served for 1, 2, 3, 4, 5, 6, 7, 8, 10"
            },
            { "model", new() { Labels = { "1" }, Model = "d30" }, StatusCode.NotFound, "model is d30; served: tiny" },
            {
                "guidance", With(new() { Guidance = -1 }), StatusCode.InvalidArgument,
                "guidance is -1; allowed: 0 to 100"
            },
            { "guidance NaN", With(new() { Guidance = double.NaN }), StatusCode.InvalidArgument, "guidance is NaN" },
            {
                "top-p", With(new() { TopP = 1.01 }), StatusCode.InvalidArgument,
                "top-p is 1.01; allowed: 0 (off) to 1"
            },
            {
                "temperature", With(new() { Temperatures = { 0 } }), StatusCode.InvalidArgument,
                "temperature is 0; allowed: 0.01 to 100"
            },
            {
                "temperatures", With(new() { Temperatures = { 1, 1 } }), StatusCode.InvalidArgument,
                "temperatures is 2; allowed: 1 or 10 values"
            },
        };
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task Request_ThatIsWrong_IsToldWhatAndWhatIsAllowed(
        string what, GenerateRequest request, StatusCode code, string message)
    {
        var error = await Assert
            .ThrowsAsync<RpcException>(async () => await served.Gateway.Client.GenerateAsync(request));
        Assert.True(error.StatusCode == code, $"{what}: {error.Status}");
        Assert.Contains(message, error.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("image", 32, "image is 32 x 32; allowed: 64 x 64 pixels")]
    [InlineData("mask", 65, "mask is 65 x 65; allowed: 64 x 64 pixels")]
    [InlineData("image", 0, "image is missing")]
    [InlineData("mask", -1, "allowed: a PNG, JPEG or WebP, or raw RGB")]
    public async Task Edit_OfAnotherSize_IsToldWhatAndWhatIsAllowed(string field, int side, string message)
    {
        var right = Square(64);
        var wrong = side switch
        {
            0 => null,
            < 0 => new Protocol.V1.Image { Data = ByteString.CopyFromUtf8("no picture") },
            _ => Square(side),
        };
        var request = new EditRequest
        {
            Request = new GenerateRequest { Labels = { "1" } },
            Image = field == "image" ? wrong : right,
            Mask = field == "mask" ? wrong : right,
        };
        var error = await Assert.ThrowsAsync<RpcException>(async () => await served.Gateway.Client.EditAsync(request));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Contains(message, error.Status.Detail, StringComparison.Ordinal);
    }

    private static Protocol.V1.Image Square(int side) => new()
    {
        Width = (uint)side,
        Height = (uint)side,
        Format = ImageFormat.Rgb,
        Data = ByteString.CopyFrom(new byte[side * side * 3]),
    };

    private static double Difference(byte[] pixels, Protocol.V1.Image original, int fromRow, int toRow)
        => Enumerable.Range(fromRow * 64 * 3, (toRow - fromRow) * 64 * 3)
            .Average(i => Math.Abs(pixels[i] - original.Data[i]));

    internal static DecodedBatch Local(int[] labels, int steps, SamplingSettings sampling, ulong seed = 99)
    {
        using var backend = CpuBackend.Create(new CpuOptions(InstructionPath.Auto, CpuPrecision.Float32, 1));
        using var models = LoadedModels.Load(backend, ModelNames.Tiny);
        using var decoder = new LocalDecoder(
            backend, models.Drafter, steps == 10 ? null : models.Refiner, models.Vqvae, steps, labels.Length);
        return decoder.Run([.. labels.Select((label, index) => new ImageRequest(label, seed, (uint)index, sampling))]);
    }

    private static Flow.Image LocalEdit(Protocol.V1.Image original, byte[] mask)
    {
        using var backend = CpuBackend.Create(new CpuOptions(InstructionPath.Auto, CpuPrecision.Float32, 1));
        using var models = LoadedModels.Load(backend, ModelNames.Tiny, VqvaeParts.Decoder | VqvaeParts.Encoder);
        using var encode = new EncodeStage(backend, models.Vqvae, models.Drafter.Config.Schedule);
        using var decoder = new LocalDecoder(backend, models.Drafter, models.Refiner, models.Vqvae, 8, 1);
        var edit = new Edit(
            encode.Run(Protocol.FlowMapping.FromWire(original)).Cumulative,
            EditMask.Of(new Flow.Image(64, 64, mask), models.Drafter.Config.Schedule.FinalSide));
        return decoder.Run([new ImageRequest(5, 4, 0, TinyModel.Sampling, edit)]).Images[0];
    }
}
