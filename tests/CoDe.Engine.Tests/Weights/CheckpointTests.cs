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
            "a.weight, b.weight", Assert.Throws<CheckpointException>(() => checkpoint.FindPrefix("weight")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Pth_OfViews_ReadsThemFromTheirStorage()
    {
        using var checkpoint = Fixture.Open("views.pth");
        Assert.Equal([4f, 5, 6, 7, 8, 9], checkpoint.ReadAll("part"));
        Assert.Empty(checkpoint.ReadAll("none"));
        Assert.Contains(
            "crossed is not contiguous",
            Assert.Throws<CheckpointException>(() => checkpoint.Open("crossed")).Message, StringComparison.Ordinal);
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
            "is a folder", Assert.Throws<CheckpointException>(() => Checkpoint.OpenFile(Path.GetTempPath())).Message,
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

internal static class Fixture
{
    public static string PathOf(string file) => Path.Combine(AppContext.BaseDirectory, "Weights", "Fixtures", file);

    public static Checkpoint Open(string file) => Checkpoint.OpenFile(PathOf(file));
}
