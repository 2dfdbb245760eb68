using CoDe.Engine.Compute;
using CoDe.Engine.Compute.Cpu;
using CoDe.Engine.Serving;
using CoDe.Engine.Stages;
using CoDe.Flow;
using CoDe.Testing;
using TorchSharp;
using Xunit;

namespace CoDe.Engine.Tests.Compute.Torch;

public sealed class TorchStagesTests
{
    private static readonly ImageRequest[] Requests =
    [
        new(1, 3, 0, TinyModel.Sampling),
        new(4, 3, 1, TinyModel.Sampling with { Smooth = true }),
        new(9, 8, 0, TinyModel.Sampling),
    ];

    /// <summary>Both ways that a back end can hold memory make the tokens of the CPU's own kernels.</summary>
    [TorchTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Decode_InFloat32_DrawsTheTokensOfTheCpu(bool onDevice)
    {
        // Smooth decoding magnifies rounding, so that its tokens may differ.
        ImageRequest[] requests = [Requests[0], Requests[2]];
        using var cpu = CpuBackend.Create(new CpuOptions());
        using var torchBackend = onDevice ? TorchBackends.CreateOnDevice() : TorchBackends.Create();
        Assert.Equal(Tokens(cpu, requests), Tokens(torchBackend, requests));
    }

    /// <summary>Nothing that an operator makes outlives it, in any type.</summary>
    [TorchTheory]
    [InlineData(ElementType.Float32, false)]
    [InlineData(ElementType.BFloat16, false)]
    [InlineData(ElementType.BFloat16, true)]
    [InlineData(ElementType.Float16, true)]
    public void Decode_AgainAndAgain_KeepsTheNumberOfNativeTensors(ElementType type, bool onDevice)
    {
        using var backend = onDevice ? TorchBackends.CreateOnDevice(type) : TorchBackends.Create(type);
        using var models = LoadedModels.Load(backend, ModelNames.Tiny);
        using var decoder = new LocalDecoder(backend, models.Drafter, models.Refiner, models.Vqvae, 7, Requests.Length);
        Decode(rounds: 2);
        var (tensors, memory) = (torch.Tensor.TotalCount, Environment.WorkingSet);
        Decode(rounds: 5);
        Assert.Equal(tensors, torch.Tensor.TotalCount);
        Assert.InRange(Environment.WorkingSet - memory, long.MinValue, 32 << 20);

        void Decode(int rounds)
        {
            for (var round = 0; round < rounds; round++)
            {
                decoder.Run(Requests);
                decoder.Run(Requests[..1]);
            }
        }
    }

    [TorchFact]
    public void Dispose_OfEverything_LeavesNoNativeTensor()
    {
        var before = torch.Tensor.TotalCount;
        using (var backend = TorchBackends.Create())
        {
            Tokens(backend, Requests);
        }

        Assert.Equal(before, torch.Tensor.TotalCount);
    }

    private static IEnumerable<ushort> Tokens(IBackend backend, ImageRequest[] requests)
    {
        using var models = LoadedModels.Load(backend, ModelNames.Tiny);
        using var decoder = new LocalDecoder(backend, models.Drafter, models.Refiner, models.Vqvae, 7, requests.Length);
        return [.. decoder.Run(requests).Decoded.SelectMany(draft => draft.TokenMaps).SelectMany(map => map.Tokens)];
    }
}
