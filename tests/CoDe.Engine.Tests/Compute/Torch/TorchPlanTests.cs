using CoDe.Engine.Compute;
using CoDe.Engine.Compute.Memory;
using CoDe.Engine.Compute.Torch;
using CoDe.Engine.Serving;
using CoDe.Engine.Stages;
using CoDe.Engine.Vqvae;
using CoDe.Flow;
using CoDe.Testing;
using TorchSharp;
using Xunit;

namespace CoDe.Engine.Tests.Compute.Torch;

/// <summary>Memory that is planned, and memory that is taken.</summary>
public sealed class TorchPlanTests
{
    private const long Mebibyte = 1 << 20;

    [TorchTheory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.BFloat16)]
    public void Plan_OfTheDemonstrationModel_IsWhatIsTaken(ElementType type)
    {
        using var backend = OnDevice(type);
        using var plan = (TorchPlan)backend.Plan()!;
        using var planned = new Loaded(plan, ModelNames.Tiny, images: 4);
        Assert.Equal(0, backend.TakenBytes);
        using (new Loaded(backend, ModelNames.Tiny, images: 4))
        {
            Assert.InRange(backend.TakenBytes, 16 * Mebibyte, 256 * Mebibyte);
            Assert.Equal(backend.TakenBytes, plan.TakenBytes);
        }

        Assert.Equal(0, backend.TakenBytes);
    }

    /// <summary>Stages of a worker share a device and its scratch.</summary>
    [TorchFact]
    public void Plan_BesideLoadedModels_CountsSharedScratchOnce()
    {
        using var backend = OnDevice(ElementType.Float32);
        using var first = new Loaded(backend, ModelNames.Tiny, images: 4);
        var before = backend.TakenBytes;
        using var plan = (TorchPlan)backend.Plan()!;
        using var planned = new Loaded(plan, ModelNames.Tiny, images: 4);
        using var second = new Loaded(backend, ModelNames.Tiny, images: 4);
        Assert.InRange(backend.TakenBytes - before, Mebibyte, before / 2);
        Assert.Equal(backend.TakenBytes - before, plan.TakenBytes);
    }

    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.Float16)]
    public void Plan_OfPublishedSizes_GrowsByTheImage(ElementType type)
    {
        var (one, two, eight) = (Published(type, 1), Published(type, 2), Published(type, 8));
        var size = type.Size();
        Assert.InRange(one, 2100 * size * Mebibyte, 2350 * size * Mebibyte);
        Assert.InRange(eight - two, 6 * 40 * size * Mebibyte, 6 * 120 * size * Mebibyte);
    }

    /// <summary>Attention in float32 makes tables of scores, which a plan that only loads would miss.</summary>
    [Fact]
    public void Plan_OfABatchThatRuns_CountsTemporaries()
    {
        using var plan = NewPlan(ElementType.Float32);
        using var loaded = new Loaded(plan, ModelNames.Tiny, images: 64);
        var before = plan.PeakBytes;
        loaded.Run();
        Assert.True(plan.PeakBytes > before);
    }

    [TorchFact]
    public void MemoryCheck_OfADeviceThatIsTooSmall_NamesTheBatchThatFits()
    {
        var free = Need(12) + 1;
        using var backend = OnDevice(ElementType.Float32, () => free);
        var error = Assert.Throws<OutOfDeviceMemoryException>(() => Check(backend, 200));
        Assert.Matches(
            "^The models with batches of 200 take [0-9.]+ GiB; 0.[0-9]{2} GiB of the device are free. "
            + "A LargestBatch of [0-9]+ would fit.$", error.Message);
        var largest = int.Parse(error.Message.Split(' ')[^3], System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(largest, 12, 199);
        Check(backend, largest);
        Assert.Throws<OutOfDeviceMemoryException>(() => Check(backend, largest + 1));
        Assert.Equal(0, backend.TakenBytes);
    }

    [TorchFact]
    public void MemoryCheck_OfADeviceTooSmallForAnImage_SaysSo()
    {
        using var backend = OnDevice(ElementType.Float32, () => 1000);
        var error = Assert.Throws<OutOfDeviceMemoryException>(() => Check(backend, 8));
        Assert.EndsWith("0.00 GiB of the device are free. Not even one image would fit.", error.Message);
    }

    [TorchFact]
    public void MemoryCheck_OfTheProcessesMemory_AcceptsTheDemonstrationModel()
    {
        using var backend = TorchBackend.Create(new TorchOptions(Threads: 1));
        Check(backend, 8);
        Assert.InRange(backend.Plan()!.FreeBytes, Mebibyte, 1L << 50);
    }

    private static TorchBackend OnDevice(ElementType type, Func<long>? free = null)
        => TorchBackend.OnDevice(new TorchOptions(Type: type, Threads: 1), () => torch.CPU, free);

    private static TorchPlan NewPlan(ElementType type)
        => new(type, type, new ScratchBlocks(new PlannedMemory(512)), freeBytes: 0, libraries: 0);

    private static void Check(IBackend backend, int batch)
        => MemoryCheck.Run(backend, "LargestBatch", batch, (plan, images) =>
        {
            using var loaded = new Loaded(plan, ModelNames.Tiny, images);
            loaded.Run();
        });

    private static long Need(int images)
    {
        using var backend = OnDevice(ElementType.Float32);
        using var plan = backend.Plan()!;
        using var loaded = new Loaded(plan, ModelNames.Tiny, images);
        loaded.Run();
        return plan.PeakBytes;
    }

    private static long Published(ElementType type, int images)
    {
        using var plan = NewPlan(type);
        using var loaded = new Loaded(
            plan, new ModelNames("synthetic:d30", "synthetic:d16", ModelSource.SyntheticVqvae), images);
        loaded.Run();
        return plan.PeakBytes;
    }

    private sealed class Loaded : IDisposable
    {
        private readonly LoadedModels _models;
        private readonly LocalDecoder _decoder;
        private readonly int _images;

        public Loaded(IBackend backend, ModelNames names, int images)
        {
            _models = LoadedModels.Load(backend, names, VqvaeParts.Decoder);
            _decoder = new LocalDecoder(backend, _models.Drafter, _models.Refiner, _models.Vqvae, 8, images);
            _images = images;
        }

        public void Run()
            => _decoder.Run([.. Enumerable.Repeat(new ImageRequest(0, 0, 0, TinyModel.Sampling), _images)]);

        public void Dispose()
        {
            _decoder.Dispose();
            _models.Dispose();
        }
    }
}
