using CoDe.Compute;
using CoDe.Compute.Cpu;
using CoDe.CudaStandIn;
using CoDe.Flow;
using CoDe.Hosting;
using CoDe.Stages;
using CoDe.Vqvae;
using Xunit;

namespace CoDe.Tests.Compute.Cuda;

/// <summary>The demonstration model on the CUDA back end, whose kernels run on this processor.</summary>
public sealed class CudaStagesTests
{
    private static readonly ImageRequest[] Requests =
    [
        new(4, 7, 0, TinyModel.Sampling), new(4, 7, 1, TinyModel.Sampling with { Guidance = 0 }),
        new(10, 1, 5, TinyModel.Sampling with { TopK = 0, TopP = 0, Temperatures = [0.7] }),
    ];

    [CardFact]
    public void Image_InFloat32_HasTheTokensOfTheCpu()
    {
        using var cpu = CpuBackend.Create(new CpuOptions());
        using var cuda = CudaBackends.Create();
        Assert.Equal(Decode(cpu, Requests).SelectMany(Tokens), Decode(cuda, Requests).SelectMany(Tokens));
    }

    [CardTheory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.Float16)]
    [InlineData(ElementType.BFloat16)]
    public void Image_AloneOrInABatch_IsTheSameBitForBit(ElementType weights)
    {
        using var cuda = CudaBackends.Create(weights);
        var products = CudaOnCpu.Count("products");
        var together = Decode(cuda, Requests);
        Assert.Equal(weights != ElementType.Float32, CudaOnCpu.Count("products") > products);
        for (var i = 0; i < Requests.Length; i++)
        {
            var alone = Decode(cuda, [Requests[i]]).Single();
            Assert.Equal(alone.FeatureMap.Values, together[i].FeatureMap.Values);
            Assert.Equal(Tokens(alone), Tokens(together[i]));
        }
    }

    [CardFact]
    public void Image_OfAStepThatWasRecorded_IsTheSameAndLaunchesNoKernelsOfItsOwn()
    {
        using var cuda = CudaBackends.Create();
        using var models = LoadedModels.Load(cuda, ModelNames.Tiny, VqvaeParts.Decoder);
        using var decoder = new LocalDecoder(cuda, models.Drafter, models.Refiner, models.Vqvae, 8, 2);
        var (first, others) = (decoder.Run([Requests[0]]), decoder.Run([Requests[2]]));
        var (launched, replayed) = (CudaOnCpu.Count("launches"), CudaOnCpu.Count("graph_launches"));
        var third = decoder.Run([Requests[0]]);
        Assert.Equal(first.Images[0].Rgb, third.Images[0].Rgb);
        Assert.NotEqual(others.Images[0].Rgb, third.Images[0].Rgb);
        Assert.Equal(12, CudaOnCpu.Count("graph_launches") - replayed);
        Assert.InRange(CudaOnCpu.Count("launches") - launched, 1, 40);
    }

    private static IReadOnlyList<Draft> Decode(IBackend backend, ImageRequest[] requests)
    {
        using var models = LoadedModels.Load(backend, ModelNames.Tiny, VqvaeParts.Decoder);
        using var decoder = new LocalDecoder(backend, models.Drafter, models.Refiner, models.Vqvae, 8, requests.Length);
        return decoder.Run(requests).Decoded;
    }

    private static IEnumerable<int> Tokens(Draft draft) => draft.TokenMaps.SelectMany(map => map.Tokens).Select(token => (int)token);
}
