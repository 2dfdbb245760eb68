using System.Diagnostics;
using CoDe.Engine.Compute;
using CoDe.Engine.Weights;
using Xunit;

namespace CoDe.Engine.Tests.Weights;

public sealed class CheckpointTests
{
    private static readonly float[] Weight = [.. Enumerable.Range(0, 12).Select(i => (i / 4f) - 1)];
    private static readonly float[] Bias = [0.5f, -2.25f, 3];

    [Theory]
    [InlineData("float32.pth", ElementType.Float32)]
    [InlineData("float16.pth", ElementType.Float16)]
    [InlineData("bfloat16.pth", ElementType.BFloat16)]
    [InlineData("protocol4.pth", ElementType.Float32)]
    [InlineData("parameters.pth", ElementType.Float32)]
    public void Pth_OfAStateDict_HasItsTensors(string file, ElementType type)
    {
        using var checkpoint = Fixture.Open(file);
        Assert.Equal(type, checkpoint.Tensors["layer.weight"].Type);
        Assert.Equal([3, 4], checkpoint.Tensors["layer.weight"].Shape);
        Assert.Equal(Weight, checkpoint.ReadAll("layer.weight"));
        Assert.Equal(Bias, checkpoint.ReadAll("layer.bias"));
    }

    [Fact]
    public void Pth_OfIntegers_ReadsThemAsNumbers()
    {
        using var checkpoint = Fixture.Open("float32.pth");
        Assert.Equal(ElementType.Int64, checkpoint.Tensors["steps"].Type);
        Assert.Equal([1f, -2f, 3e9f], checkpoint.ReadAll("steps"));
    }

    [Fact]
    public void Pth_OfATrainer_JoinsNamesAndFindsTheModel()
    {
        using var checkpoint = Fixture.Open("trainer.pth");
        Assert.Equal("trainer.var_wo_ddp.", checkpoint.FindPrefix("weight"));
        Assert.Equal("trainer.vae_local.", checkpoint.FindPrefix("other"));
        Assert.Null(checkpoint.FindPrefix("absent"));
        Assert.Equal(Weight, checkpoint.ReadAll("trainer.var_wo_ddp.weight"));
        Assert.Contains("trainer.var_opt.state.0.exp_avg", checkpoint.Tensors.Keys);
    }

    [Fact]
    public void FindPrefix_OfSeveralModels_NamesThem()
    {
        using var checkpoint = new SyntheticCheckpoint("two", [("a.weight", [1]), ("b.weight", [1])], 0);
        Assert.Contains(
            "a.weight, b.weight; name one as in two#a.",
            Assert.Throws<CheckpointException>(() => checkpoint.FindPrefix("weight")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Pth_OfViews_ReadsThemFromTheirStorage()
    {
        using var checkpoint = Fixture.Open("views.pth");
        Assert.Equal([4f, 5, 6, 7, 8, 9], checkpoint.ReadAll("part"));
        Assert.Empty(checkpoint.ReadAll("none"));
    }

    /// <summary>The view is the transposed one of elements 0 to 11 of a storage, as (3, 4).</summary>
    [Fact]
    public void Pth_OfATransposedView_IsReadByItsStrides()
    {
        using var checkpoint = Fixture.Open("views.pth");
        var shape = checkpoint.Tensors["crossed"].Shape;
        var read = checkpoint.ReadAll("crossed");
        for (var i = 0; i < read.Length; i++)
        {
            var (row, column) = Math.DivRem(i, shape[1]);
            Assert.Equal((column * shape[0]) + row, read[i]);
        }

        using var source = checkpoint.Open("crossed");
        var part = new float[3];
        source.Read(2, part);
        Assert.Equal(read[2..5], part);
    }

    [Fact]
    public void Open_ThroughSymbolicLinks_ReadsWhatTheyLeadTo()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Fixture.PathOf("float32.pth"), folder.PathOf("blob"));
        File.CreateSymbolicLink(folder.PathOf("link"), "blob");
        File.CreateSymbolicLink(folder.PathOf("model.pth"), "link");
        using var checkpoint = Checkpoint.OpenFile(folder.PathOf("model.pth"));
        Assert.Equal(Weight, checkpoint.ReadAll("layer.weight"));
    }

    [Fact]
    public void Open_OfAPartOfAFile_FindsItsModelAlone()
    {
        var path = Fixture.PathOf("trainer.pth");
        using var part = Checkpoint.OpenFile($"{path}#trainer.var_wo_ddp");
        Assert.Equal("trainer.var_wo_ddp.", part.FindPrefix("weight"));
        Assert.Null(part.FindPrefix("other"));
        Assert.Contains(
            "has nothing under ema; it has trainer",
            Assert.Throws<CheckpointException>(() => Checkpoint.OpenFile($"{path}#ema")).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/model.safetensors.index.json")]
    public void Open_OfShards_FindsEachTensorInItsFile(string name)
    {
        using var folder = new TemporaryFolder();
        using (var first = new SyntheticCheckpoint("first", [("a", [10])], 1))
        using (var second = new SyntheticCheckpoint("second", [("b", [20])], 2))
        {
            SafetensorsWriter.Write(folder.PathOf("1.safetensors"), first, ElementType.Float32);
            SafetensorsWriter.Write(folder.PathOf("2.safetensors"), second, ElementType.Float32);
        }

        WriteIndex("""{"metadata": {}, "weight_map": {"a": "1.safetensors", "b": "2.safetensors"}}""");
        using (var checkpoint = Checkpoint.OpenFile(folder.Path + name))
        {
            Assert.Equal(["a", "b"], checkpoint.Tensors.Keys.Order());
            Assert.Equal(20, checkpoint.ReadAll("b").Length);
        }

        WriteIndex("""{"weight_map": {"a": "../1.safetensors"}}""");
        AssertRefused("names the shard '../1.safetensors', which is no file beside it");
        WriteIndex("""{"weight_map": {"b": "1.safetensors"}}""");
        AssertRefused("says that b is in 1.safetensors, which does not have it");
        WriteIndex("""{"other": 1}""");
        AssertRefused("is JSON but no index of shards");

        void WriteIndex(string json) => File.WriteAllText(folder.PathOf("model.safetensors.index.json"), json);

        void AssertRefused(string message) => Assert.Contains(
            message, Assert.Throws<CheckpointException>(() => Checkpoint.OpenFile(folder.Path + name)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OfAFileThatWasCut_IsAnError()
    {
        var path = Path.GetTempFileName();
        File.Copy(Fixture.PathOf("float32.pth"), path, overwrite: true);
        using (var checkpoint = Checkpoint.OpenFile(path))
        {
            // Another program, which heeds no lock.
            using var cut = Process.Start("truncate", ["--size=100", path]);
            cut.WaitForExit();

            Assert.Contains(
                "was cut since", Assert.Throws<CheckpointException>(() => checkpoint.ReadAll("layer.weight")).Message,
                StringComparison.Ordinal);
        }

        File.Delete(path);
    }

    [Fact]
    public void Read_FromTheMiddle_GivesThatPart()
    {
        using var checkpoint = Fixture.Open("float16.pth");
        using var source = checkpoint.Open("layer.weight");
        var part = new float[5];
        source.Read(7, part);
        Assert.Equal(Weight[7..], part);
        Assert.Throws<ArgumentOutOfRangeException>(() => source.Read(8, part));
    }

    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.Float16)]
    [InlineData(ElementType.BFloat16)]
    public void Safetensors_Written_IsReadBack(ElementType type)
    {
        var path = Path.GetTempFileName();
        using var original = Fixture.Open("parameters.pth");
        SafetensorsWriter.Write(path, original, type);
        using (var written = Checkpoint.OpenFile(path))
        {
            Assert.Equal(type, written.Tensors["layer.weight"].Type);
            Assert.Equal(Weight, written.ReadAll("layer.weight"));
            Assert.Equal(Bias, written.ReadAll("layer.bias"));
        }

        File.Delete(path);
    }

    [Fact]
    public void Safetensors_OfTheDemonstrationModel_HasItsTensors()
    {
        using var checkpoint = Checkpoint.OpenFile(
            Path.Combine(AppContext.BaseDirectory, "models", "tiny", "drafter_d4.safetensors"));
        Assert.Equal([256, 16], checkpoint.Tensors["word_embed.weight"].Shape);
        Assert.All(checkpoint.ReadAll("head.weight"), value => Assert.True(float.IsFinite(value)));
    }

    [Fact]
    public void Synthetic_ReadInAnyPieces_HasTheSameValues()
    {
        using var checkpoint = new SyntheticCheckpoint("random", [("a", [1000]), ("b", [1000])], 0);
        var whole = checkpoint.ReadAll("a");
        using var source = checkpoint.Open("a");
        for (var start = 0; start < 1000; start += 37)
        {
            var part = new float[Math.Min(37, 1000 - start)];
            source.Read(start, part);
            Assert.Equal(whole.AsSpan(start, part.Length).ToArray(), part);
        }

        Assert.All(whole, value => Assert.InRange(value, -0.03f, 0.03f));
        Assert.InRange(whole.Average(), -0.003, 0.003);
        Assert.NotEqual(whole, checkpoint.ReadAll("b"));
    }

    [Theory]
    [InlineData("", "it is empty")]
    [InlineData("<!DOCTYPE html><html>", "it is a web page")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:0", "it is a git-lfs pointer")]
    [InlineData("\u0080\u0002\u008a\u000al\u00fc\u009cF\u00f9 j\u00a8P\u0019.", "before 1.6")]
    [InlineData("anything else at all", "neither a zip file")]
    public void Open_OfSomethingElse_SaysWhatItIs(string content, string message)
    {
        var path = Path.GetTempFileName();
        File.WriteAllBytes(path, System.Text.Encoding.Latin1.GetBytes(content));
        Assert.Contains(
            message, Assert.Throws<CheckpointException>(() => Checkpoint.OpenFile(path)).Message,
            StringComparison.Ordinal);
        File.Delete(path);
    }

    [Fact]
    public void Open_OfAFolderOrNothing_SaysSo()
    {
        Assert.Contains(
            "is a folder", Assert.Throws<CheckpointException>(() => Checkpoint.OpenFile("/dev")).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "does not exist", Assert.Throws<CheckpointException>(() => Checkpoint.OpenFile("/nowhere/at.all")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Manifest_ThatDoesNotFit_ListsEveryTensorByName()
    {
        using var checkpoint = Fixture.Open("float32.pth");
        var manifest = new Manifest().NeedLayer("layer", 3, 5).Need("absent", 7);
        var message = Assert.Throws<CheckpointException>(() => manifest.Check(checkpoint, "", "a model")).Message;
        Assert.Contains("layer.weight is (3 x 4), expected (3 x 5)", message, StringComparison.Ordinal);
        Assert.Contains("missing absent (7)", message, StringComparison.Ordinal);
        Assert.Contains("unexpected steps (1 x 3)", message, StringComparison.Ordinal);
        Assert.Contains("3 tensors differ", message, StringComparison.Ordinal);
    }
}

/// <summary>A folder that goes with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("code-").FullName;

    public string PathOf(string file) => System.IO.Path.Combine(Path, file);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

internal static class Fixture
{
    public static string PathOf(string file) => Path.Combine(AppContext.BaseDirectory, "Weights", "Fixtures", file);

    public static Checkpoint Open(string file) => Checkpoint.OpenFile(PathOf(file));
}
