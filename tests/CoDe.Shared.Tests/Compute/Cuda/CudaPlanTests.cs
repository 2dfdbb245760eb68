using CoDe.Compute;
using CoDe.Compute.Cuda;
using CoDe.CudaStandIn;
using CoDe.Hosting;
using CoDe.Stages;
using CoDe.Vqvae;
using Xunit;

namespace CoDe.Tests.Compute.Cuda;

public sealed class CudaPlanTests
{
    [CardTheory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.BFloat16)]
    public void Plan_OfModelsAndSessions_IsWhatTheyTakeOfTheCard(ElementType weights)
    {
        using var cuda = CudaBackends.Create(weights);
        var before = CudaOnCpu.Count("live_bytes");
        using var plan = cuda.Plan()!;
        LoadAndDispose(plan);
        Assert.Equal(before, CudaOnCpu.Count("live_bytes"));
        var taken = 0L;
        LoadAndDispose(cuda, () => taken = CudaOnCpu.Count("live_bytes") - before);

        // Pieces of weights pass through a buffer, which is no part of what a model takes.
        Assert.InRange(taken, plan.PeakBytes * 0.98, (plan.PeakBytes * 1.02) + (32 << 20));
        Assert.Equal(before, CudaOnCpu.Count("live_bytes"), tolerance: 32 << 20);
    }

    [Fact]
    public void Plan_OfPublishedSizes_GrowsByTheImage()
    {
        var (one, eight) = (Published(1), Published(8));
        Assert.InRange(one, 3L << 30, 5L << 30);
        Assert.InRange((eight - one) / 7, 80L << 20, 250L << 20);
    }

    private static long Published(int batch)
    {
        using var plan = new CudaPlan(ElementType.Float16, 0, []);
        using var models = LoadedModels.Load(plan, new ModelNames("synthetic:d30", "synthetic:d16", "synthetic:vqvae"), VqvaeParts.Decoder);
        using var decoder = new LocalDecoder(plan, models.Drafter, models.Refiner, models.Vqvae, 8, batch);
        return plan.PeakBytes;
    }

    private static void LoadAndDispose(IBackend backend, Action? whileLoaded = null)
    {
        using var models = LoadedModels.Load(backend, ModelNames.Tiny, VqvaeParts.Decoder);
        using var decoder = new LocalDecoder(backend, models.Drafter, models.Refiner, models.Vqvae, 8, 4);
        whileLoaded?.Invoke();
    }
}
