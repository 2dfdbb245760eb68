using CoDe.Engine.Compute;
using CoDe.Engine.Compute.Cpu;
using CoDe.Engine.Serving;
using CoDe.Engine.Stages;
using CoDe.Engine.Vqvae;
using CoDe.Flow;
using Xunit;

namespace CoDe.Engine.Tests.Stages;

/// <summary>The demonstration model through the stages: images depend on nothing but their request.</summary>
public sealed class TinyModelTests
{
    private static readonly SamplingSettings Smooth = TinyModel.Sampling with { Smooth = true, Guidance = 3 };

    private static readonly ImageRequest[] Requests =
    [
        new(4, 7, 0, TinyModel.Sampling), new(4, 7, 1, TinyModel.Sampling with { Guidance = 0 }), new(9, 8, 0, Smooth),
        new(10, 1, 5, TinyModel.Sampling with { TopK = 0, TopP = 0, Temperatures = [0.7] }),
        new(4, 7, 0, TinyModel.Sampling),
    ];

    public static TheoryData<InstructionPath> Paths() => [.. CpuBackend.Supported()];

    [Theory]
    [MemberData(nameof(Paths))]
    public void Image_AloneOrInABatchOnAnyThreads_IsTheSameBitForBit(InstructionPath path)
    {
        var together = Decode(path, threads: 3, Requests);
        for (var i = 0; i < Requests.Length; i++)
        {
            var alone = Decode(path, threads: 1, [Requests[i]]).Single();
            Assert.Equal(alone.FeatureMap.Values, together[i].FeatureMap.Values);
            Assert.Equal(Tokens(alone), Tokens(together[i]));
        }
    }

    [Fact]
    public void Refine_OfAnyDraftLength_ContinuesItsTokens()
    {
        using var backend = CpuBackend.Create(new CpuOptions());
        using var models = Load(backend);
        for (var scales = 1; scales < 10; scales++)
        {
            using var draftStage = new DraftStage(backend, models.Drafter, models.Vqvae, 2, scales);
            using var refineStage = new RefineStage(backend, models.Refiner!, models.Vqvae, 2, scales);
            var drafts = draftStage.Run(Requests[..2], scales);
            var refined = refineStage.Run(Requests[..2], drafts);
            Assert.Equal(10, refined[0].Scales);
            Assert.Equal(Tokens(drafts[0]), Tokens(refined[0]).Take(Tokens(drafts[0]).Count()));
        }
    }

    [Fact]
    public void Edit_KeepingAll_IsTheImagesOwnFeatures()
    {
        using var backend = CpuBackend.Create(new CpuOptions());
        using var models = Load(backend);
        using var encode = new EncodeStage(backend, models.Vqvae, models.Drafter.Config.Schedule);
        var pixels = Enumerable.Range(0, 64 * 64 * 3).Select(i => MathF.Sin(i * 0.001f)).ToArray();
        var encoded = encode.Run(pixels);
        var edit = new Edit(encoded.Cumulative, [.. Enumerable.Repeat(1f, 256)]);
        var kept = Decode(backend, models, [Requests[0] with { Edit = edit }, Requests[0]]);
        Assert.Equal(encoded.Cumulative[^1].Values, kept[0].FeatureMap.Values);
        Assert.Equal(Decode(backend, models, [Requests[0]])[0].FeatureMap.Values, kept[1].FeatureMap.Values);
    }

    [Fact]
    public void ScaleLoop_WhenWarm_AllocatesNoManagedMemory()
    {
        using var backend = CpuBackend.Create(new CpuOptions(Threads: 2));
        using var models = Load(backend);
        using var session = new StageSession(backend, models.Drafter, models.Vqvae, 2, 10);
        foreach (var requests in new[] { Requests[1..3], Requests[..2], Requests[1..3] })
        {
            session.Begin(requests);
            session.Loop.Run(0, 10, requests, null, default);
        }

        session.Begin(Requests[1..3]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        session.Loop.Run(0, 10, Requests[1..3], null, default);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64);
    }

    /// <summary>Sessions share their scratch, so what one leaves there must not show in another's images.</summary>
    [Fact]
    public void Decode_InScratchThatIsFullOfRubbish_IsTheSame()
    {
        using var backend = CpuBackend.Create(new CpuOptions(Threads: 2));
        using var models = Load(backend);
        var expected = Decode(backend, models, Requests);
        using var before = backend.CreateScratch();
        float[] rubbish = [.. Enumerable.Repeat(float.NaN, 1 << 16)];
        for (var blocks = 0; blocks < 16; blocks++)
        {
            var block = before.Allocate(64, rubbish.Length);
            for (var row = 0; row < block.Rows; row++)
            {
                backend.Upload(block.RowRange(row, 1), rubbish);
            }
        }

        Assert.Equal(
            expected.Select(draft => draft.FeatureMap.Values),
            Decode(backend, models, Requests).Select(draft => draft.FeatureMap.Values));
    }

    [Fact]
    public void Run_WhenCancelled_StopsBetweenScales()
    {
        using var backend = CpuBackend.Create(new CpuOptions());
        using var models = Load(backend);
        using var stage = new DraftStage(backend, models.Drafter, models.Vqvae, 1, 8);
        using var cancellation = new CancellationTokenSource();
        var reached = -1;
        Assert.Throws<OperationCanceledException>(() => stage.Run(
            [Requests[0]], 8, (scale, _) => { reached = scale; if (scale == 2) { cancellation.Cancel(); } },
            cancellation.Token));
        Assert.Equal(2, reached);
    }

    [Theory]
    [InlineData(11, "label")]
    [InlineData(-1, "label")]
    public void Run_OfAForeignLabel_NamesTheField(int label, string field)
    {
        using var backend = CpuBackend.Create(new CpuOptions());
        using var models = Load(backend);
        using var stage = new DraftStage(backend, models.Drafter, models.Vqvae, 1, 8);
        var error = Assert.Throws<InvalidSettingException>(() => stage.Run([Requests[0] with { Label = label }], 8));
        Assert.Equal((field, "0 to 9, or 10 for none"), (error.Field, error.Allowed));
    }

    [Fact]
    public void Refine_OfABrokenDraft_NamesTheField()
    {
        using var backend = CpuBackend.Create(new CpuOptions());
        using var models = Load(backend);
        using var draftStage = new DraftStage(backend, models.Drafter, models.Vqvae, 1, 3);
        using var refineStage = new RefineStage(backend, models.Refiner!, models.Vqvae, 1, 9);
        var draft = draftStage.Run([Requests[0]], 3)[0];
        TokenMap[] foreign = [draft.TokenMaps[0] with { Tokens = [512] }, .. draft.TokenMaps.Skip(1)];
        AssertRefused("token", draft with { TokenMaps = foreign });
        AssertRefused("token map", draft with { TokenMaps = [.. draft.TokenMaps.Take(2), new TokenMap(3, [1])] });
        AssertRefused("draft scales", draft with { TokenMaps = [] });
        AssertRefused("feature map channels", draft with { FeatureMap = new FeatureMap(3, 16, new float[768]) });

        void AssertRefused(string field, Draft broken)
            => Assert.Equal(
                field, Assert.Throws<InvalidSettingException>(() => refineStage.Run([Requests[0]], [broken])).Field);
    }

    private static IReadOnlyList<Draft> Decode(InstructionPath path, int threads, ImageRequest[] requests)
    {
        using var backend = CpuBackend.Create(new CpuOptions(path, Threads: threads));
        using var models = Load(backend);
        return Decode(backend, models, requests);
    }

    private static IReadOnlyList<Draft> Decode(IBackend backend, LoadedModels models, ImageRequest[] requests)
    {
        using var draftStage = new DraftStage(backend, models.Drafter, models.Vqvae, requests.Length, 7);
        using var refineStage = new RefineStage(backend, models.Refiner!, models.Vqvae, requests.Length, 7);
        return refineStage.Run(requests, draftStage.Run(requests, 7));
    }

    private static LoadedModels Load(IBackend backend)
        => LoadedModels.Load(backend, ModelNames.Tiny, VqvaeParts.Decoder | VqvaeParts.Encoder);

    private static IEnumerable<ushort> Tokens(Draft draft) => draft.TokenMaps.SelectMany(map => map.Tokens);
}
