using CoDe.Compute.Cuda;
using CoDe.CudaStandIn;
using Xunit;

namespace CoDe.Tests.Compute.Cuda;

public sealed class KernelCacheTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("code-kernels-").FullName;

    [Fact]
    public void Read_OfWhatWasWritten_IsThat()
    {
        var folder = Path.Combine(_folder, "not", "there", "yet");
        Assert.Null(new KernelCache(folder, "one").Read());
        new KernelCache(folder, "one").Write([1, 2, 3]);
        Assert.Equal([1, 2, 3], new KernelCache(folder, "one").Read());
        Assert.Null(new KernelCache(folder, "other").Read());
        Assert.Single(Directory.GetFiles(folder));
    }

    [Fact]
    public void Write_WhereNothingCanBe_KeepsNothing()
    {
        var file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        var cache = new KernelCache(Path.Combine(file, "below"), "one");
        cache.Write([1]);
        Assert.Null(cache.Read());
        new KernelCache(null, "one").Write([1]);
        Assert.Null(new KernelCache(null, "one").Read());
    }

    [CardFact]
    public void Backend_OverASpoiltCache_CompilesAnew()
    {
        CudaBackends.Create().Dispose();
        foreach (var file in Directory.GetFiles(KernelCache.UserFolder!))
        {
            File.WriteAllText(file, "rubbish");
        }

        CudaBackends.Create().Dispose();
        Assert.Contains(Directory.GetFiles(KernelCache.UserFolder!, "*.cubin"), file => File.ReadAllText(file) != "rubbish");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
