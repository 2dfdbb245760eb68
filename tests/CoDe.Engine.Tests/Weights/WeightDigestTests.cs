using CoDe.Engine.Compute;
using CoDe.Engine.Serving;
using CoDe.Engine.Var;
using CoDe.Engine.Weights;
using CoDe.Testing;
using Xunit;

namespace CoDe.Engine.Tests.Weights;

public sealed class WeightDigestTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("code-digest-").FullName;

    [Fact]
    public void Digest_OfTheSameNumbersInAnotherType_IsTheSame()
    {
        var copy = Path.Combine(_folder, "copy.safetensors");
        using (var original = Checkpoint.OpenFile(TinyModel.Refiner))
        {
            SafetensorsWriter.Write(copy, original, ElementType.Float32);
        }

        Assert.NotEqual(File.ReadAllBytes(TinyModel.Refiner).Length, File.ReadAllBytes(copy).Length);
        Assert.Equal(DigestOf(TinyModel.Refiner), DigestOf(copy));
    }

    [Fact]
    public void Digest_OfOneOtherNumber_Differs()
    {
        var copy = Path.Combine(_folder, "changed.safetensors");
        var bytes = File.ReadAllBytes(TinyModel.Refiner);
        bytes[^1] ^= 1;
        File.WriteAllBytes(copy, bytes);
        Assert.NotEqual(DigestOf(TinyModel.Refiner), DigestOf(copy));
    }

    [Fact]
    public void Digest_OfAPublishedCheckpoint_IsThatOfItsSafetensors()
    {
        var pth = Path.Combine(RepositoryPaths.Golden("published"), "drafter.pth");
        var copy = Path.Combine(_folder, "drafter.safetensors");
        using (var original = Checkpoint.OpenFile(pth))
        {
            SafetensorsWriter.Write(copy, original, ElementType.Float32);
        }

        Assert.Equal(DigestOf(pth), DigestOf(copy));
    }

    [Fact]
    public void Digest_OfModelsWithDifferentVqvaes_Differs()
    {
        var other = LoadedModels.DigestOf(TinyModel.Refiner, ModelSource.SyntheticVqvae);
        Assert.NotEqual(LoadedModels.DigestOf(TinyModel.Refiner, TinyModel.Vqvae), other);
        Assert.Matches("^[0-9a-f]{32}$", other);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string DigestOf(string path)
    {
        using var checkpoint = Checkpoint.OpenFile(path);
        var within = checkpoint.FindPrefix(VarConfig.Marker)!;
        return WeightDigest.Of(checkpoint, within, VarConfig.Read(checkpoint, within).Manifest());
    }
}
