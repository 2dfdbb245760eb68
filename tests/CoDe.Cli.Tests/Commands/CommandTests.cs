using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using CoDe.Imaging;
using CoDe.Testing;
using Xunit;

namespace CoDe.Cli.Tests.Commands;

/// <summary>The program as a user runs it: arguments in, files, lines and an exit code out.</summary>
public sealed class CommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("code-tests-").FullName;

    [Fact]
    public void Generate_OfALabelByName_WritesAGridAndTheTimes()
    {
        var result = Run("generate", "--label", "star", "--count", "3", "--seed", "7", "--output", In("star.png"));
        Assert.Equal((0, 200, 68), (result.Code, Read("star.png").Width, Read("star.png").Height));
        Assert.Contains("3 images in", result.Output, StringComparison.Ordinal);
        Assert.Contains("draft", result.Output, StringComparison.Ordinal);
        Assert.Contains("[10/10] refine scale 10 of 10", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Generate_IntoAFolderWithPreviews_WritesEveryImageAndScale()
    {
        var result = Run(
            "generate", "--label", "ring,4", "--seed", "1", "--output", In("out"), "--preview", "--mode", "var");
        Assert.Equal(0, result.Code);
        var files = Directory.GetFiles(In("out")).Select(Path.GetFileName).ToArray();
        Assert.Equal(2 + (2 * 10), files.Length);
        Assert.Contains("00001_star.scale10.png", files);
        Assert.Equal(Read("out/00001_star.png").Rgb, Read("out/00001_star.scale10.png").Rgb);
    }

    /// <summary>Names may lie beside one copy of a model and not beside another.</summary>
    [Fact]
    public void Generate_WithModelsInAFolderWithoutNames_WritesTheSameFile()
    {
        var tiny = Path.Combine(RepositoryPaths.Root, "models", "tiny");
        string[] star = ["generate", "--label", "4", "--seed", "3", "--preset", "tiny", "--steps", "8"];
        Directory.CreateDirectory(In("m"));
        File.Copy(Path.Combine(tiny, "drafter_d4.safetensors"), In("m/model.safetensors"));
        Assert.Equal(0, Run([.. star, "--output", In("named.png")]).Code);
        Assert.Equal(0, Run([
            .. star, "--drafter", In("m"), "--refiner", Path.Combine(tiny, "refiner_d2.safetensors"),
            "--vqvae", Path.Combine(tiny, "vqvae.safetensors"), "--output", In("nameless.png")]).Code);
        Assert.Equal(File.ReadAllBytes(In("named.png")), File.ReadAllBytes(In("nameless.png")));
    }

    [Fact]
    public void Generate_EditingAnImage_KeepsWhatTheMaskSays()
    {
        Assert.Equal(0, Run("generate", "--label", "disk", "--seed", "1", "-o", In("disk.png")).Code);
        var left = new Flow.Image(
            64, 64, [.. Enumerable.Range(0, 64 * 64 * 3).Select(i => i / 3 % 64 < 32 ? (byte)255 : (byte)0)]);
        File.WriteAllBytes(In("keep.png"), PictureCodec.Encode(left, Flow.PictureFormat.Png).Data.Span);
        var result = Run(
            "generate", "--label", "star", "--seed", "2",
            "--edit", In("disk.png"), "--keep", In("keep.png"), "-o", In("edited.png"));
        Assert.Equal(0, result.Code);
        Assert.InRange(Difference("disk.png", "edited.png", 4, 24), 0, 12);
        Assert.InRange(Difference("disk.png", "edited.png", 40, 60), 20, 255);
    }

    [Fact]
    public void Generate_EditingWithoutAMask_EndsInOneLine()
    {
        var result = Run("generate", "--label", "star", "--edit", In("disk.png"), "-o", In("x.png"));
        Assert.Equal((1, "code: give --edit and --keep together."), (result.Code, result.Error.Trim()));
    }

    [Fact]
    public void Generate_WithAnyBatchAndThreads_GivesTheSameBytes()
    {
        string[] heart = ["generate", "--label", "heart", "--count", "5", "--seed", "3"];
        Assert.Equal(0, Run([.. heart, "-o", In("a"), "--batch", "1", "--threads", "1"]).Code);
        Assert.Equal(0, Run([.. heart, "-o", In("b"), "--batch", "4", "--threads", "3"]).Code);
        Assert.All(Directory.GetFiles(In("a")), file => Assert.Equal(
            File.ReadAllBytes(file), File.ReadAllBytes(file.Replace(In("a"), In("b"), StringComparison.Ordinal))));
        Assert.Equal(5, Directory.GetFiles(In("b")).Length);
    }

    [Theory]
    [InlineData("label is sphere; allowed: 0 to 9, none, or one of disk, ring", "generate", "--label", "sphere")]
    [InlineData("steps is 10; allowed: 1 to 9", "generate", "--label", "1", "--steps", "10")]
    [InlineData("--guidance is NaN; allowed: a number", "generate", "--label", "1", "--guidance", "NaN")]
    [InlineData("--top-k is -1; allowed: 0 to 4294967295", "generate", "--label", "1", "--top-k", "-1")]
    [InlineData("top-p is 1.5; allowed: 0 (off) to 1", "generate", "--label", "1", "--top-p", "1.5")]
    [InlineData("temperature is 0; allowed: 0.01 to 100", "generate", "--label", "1", "--temperature", "0")]
    [InlineData("temperatures is 2; allowed: 1 or 10 values", "generate", "--label", "1", "--temperature", "1,2")]
    [InlineData("temperature is hot; allowed: a number", "generate", "--label", "1", "--temperature", "hot")]
    [InlineData("--weights is replaced by --precision; on the", "generate", "--label", "1", "--weights", "bf16")]
    [InlineData("--guidance is 1,500; allowed: a number", "generate", "--label", "1", "--guidance", "1,500")]
    [InlineData("--seed is 0x10; allowed: 0 to 1844", "generate", "--label", "1", "--seed", "0x10")]
    [InlineData("a grid of 200000 images is 530 x 1650002 pixels", "generate", "--label", "0..9", "--count", "20000")]
    [InlineData("--count is 0; allowed: 1 to", "generate", "--label", "1", "--count", "0")]
    [InlineData(
        "missing.pth does not exist", "generate", "--label", "1",
        "--drafter", "missing.pth", "--mode", "var", "--vqvae", "missing.pth")]
    [InlineData(
        "give --drafter, --refiner and --vqvae together", "generate", "--label", "1", "--drafter", "missing.pth")]
    [InlineData(
        "synthetic:x9 is no model", "generate", "--label", "1",
        "--drafter", "synthetic:x9", "--refiner", "synthetic:d1")]
    public void Generate_OfWhatMakesNoSense_EndsInOneLine(string message, params string[] arguments)
    {
        var result = Run([.. arguments, "--output", In("x.png")]);
        Assert.Equal(1, result.Code);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.Trim().Split('\n'));
        Assert.False(File.Exists(In("x.png")));
    }

    [Theory]
    [InlineData("--drafter", "drafter_d4.safetensors")]
    [InlineData("--vqvae", "vqvae.safetensors")]
    public void Generate_WithWeightsThatAreNaN_EndsInOneLine(string option, string name)
    {
        var tiny = Path.Combine(RepositoryPaths.Root, "models", "tiny");
        var weights = File.ReadAllBytes(Path.Combine(tiny, name));
        weights.AsSpan(sizeof(long) + (int)BinaryPrimitives.ReadInt64LittleEndian(weights)).Fill(byte.MaxValue);
        File.WriteAllBytes(In("nan.safetensors"), weights);
        var models = new Dictionary<string, string>
        {
            ["--drafter"] = Path.Combine(tiny, "drafter_d4.safetensors"),
            ["--refiner"] = Path.Combine(tiny, "refiner_d2.safetensors"),
            ["--vqvae"] = Path.Combine(tiny, "vqvae.safetensors"),
            [option] = In("nan.safetensors"),
        };
        var result = Run(
            [
                "generate", "--label", "4", "--output", In("x.png"),
                .. models.SelectMany(each => new[] { each.Key, each.Value }),
            ]);
        Assert.Equal(1, result.Code);
        var line = Assert.Single(result.Error.Trim().Split('\n'));
        Assert.StartsWith($"code: {In("nan.safetensors")}: ", line, StringComparison.Ordinal);
        Assert.EndsWith(" has values that are NaN or infinite.", line, StringComparison.Ordinal);
        Assert.False(File.Exists(In("x.png")));
    }

    [Fact]
    public void Generate_ToAnotherEnding_EndsInOneLine()
    {
        var result = Run("generate", "--label", "1", "--output", In("x.gif"));
        Assert.Equal(
            (1, $"code: --output {In("x.gif")}: give a folder, or a file ending in .png, .webp, .jpg, .jpeg."),
            (result.Code, result.Error.Trim()));
    }

    [Theory]
    [InlineData("x.webp")]
    [InlineData("x.jpg")]
    public void Generate_ToAnotherFormat_WritesThatFormat(string file)
    {
        Assert.Equal(0, Run("generate", "--label", "star", "--seed", "7", "--output", In("x.png")).Code);
        Assert.Equal(0, Run("generate", "--label", "star", "--seed", "7", "--output", In(file)).Code);
        Assert.InRange(Difference("x.png", file, 0, 64), 0, file.EndsWith(".webp", StringComparison.Ordinal) ? 0 : 3);
    }

    [Fact]
    public void Generate_OfAFormatToAFolder_WritesItForEachImage()
    {
        Assert.Equal(
            0, Run("generate", "--label", "star", "--count", "2", "--output", In("w"), "--format", "webp").Code);
        Assert.Equal(
            ["00000_star.webp", "00001_star.webp"], Directory.GetFiles(In("w")).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Generate_WithRandomWeightsOfAPublishedSize_Decodes()
    {
        Assert.Equal(0, Run("synthesize", "--depth", "1", "--type", "bf16", "-o", In("d1.safetensors")).Code);
        var result = Run(
            "generate", "--label", "207", "--drafter", In("d1.safetensors"),
            "--refiner", "synthetic:d1", "--vqvae", "synthetic:vqvae", "-o", In("x.png"));
        Assert.Equal((0, 256), (result.Code, Read("x.png").Width));
    }

    [Fact]
    public void Inspect_OfTheDemonstrationModel_PrintsWhatItIs()
    {
        var result = Run("inspect", Path.Combine(RepositoryPaths.Root, "models", "tiny", "drafter_d4.safetensors"));
        Assert.Equal(0, result.Code);
        Assert.Contains("depth 4, width 256, 4 heads of 64", result.Output, StringComparison.Ordinal);
        Assert.Contains("5,180,176 parameters, Float16", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("C64")]
    [InlineData("U16")]
    [InlineData("F8_E4M3")]
    public void Inspect_WithATensorOfAForeignType_DescribesTheModelAndNamesTheTensor(string type)
    {
        var tiny = File.ReadAllBytes(Path.Combine(RepositoryPaths.Root, "models", "tiny", "drafter_d4.safetensors"));
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(tiny);
        var end = tiny.Length - 8 - length;
        var header = Encoding.UTF8.GetString(tiny, 8, length).TrimEnd()[..^1]
            + $$""","foreign":{"dtype":"{{type}}","shape":[8],"data_offsets":[{{end}},{{end + 8}}]}""" + "}";
        var size = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(size, Encoding.UTF8.GetByteCount(header));
        byte[] file = [.. size, .. Encoding.UTF8.GetBytes(header), .. tiny[(8 + length)..], .. new byte[8]];
        File.WriteAllBytes(In("x.safetensors"), file);
        var result = Run("inspect", In("x.safetensors"));
        Assert.Contains("depth 4, width 256", result.Output, StringComparison.Ordinal);
        Assert.Contains("foreign", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_OfADevice_SaysWhatItIs()
    {
        var result = Run("inspect", "--device", "cpu");
        Assert.Equal(0, result.Code);
        Assert.Matches("^CPU, (Avx512|Avx2|Portable), Float32 weights, [0-9]+ threads", result.Output);
    }

    [Theory]
    [InlineData("inspect needs a checkpoint or a --device.", "inspect")]
    [InlineData("--device is gpu; allowed: cpu, torch, cuda:0 to cuda:63", "inspect", "--device", "gpu")]
    [InlineData("--device is cuda:x; allowed: cpu, torch, cuda:0 to cuda:63", "inspect", "--device", "cuda:x")]
    [InlineData(
        "--precision is f16; allowed on the device cpu: f32, bf16-weights, bf16", "bench", "--precision", "f16")]
    public void Command_OnADeviceThatCannot_EndsInOneLine(string message, params string[] arguments)
    {
        var result = Run(arguments);
        Assert.Equal((1, $"code: {message}"), (result.Code, result.Error.Trim()));
    }

    [Fact]
    public void Verify_OfAnotherFolder_EndsInOneLine()
    {
        var result = Run("verify", _folder);
        Assert.Equal(
            (1, $"code: {_folder} is no folder of golden cases: it has no cases.json."),
            (result.Code, result.Error.Trim()));
    }

    [Fact]
    public void Verify_OfAGoldenFolder_PrintsATableThatAgrees()
    {
        var result = Run("verify", RepositoryPaths.Golden("single"));
        Assert.Equal(0, result.Code);
        Assert.Contains("38 of 38 comparisons agree.", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Sample_Stopped_GoesOnToTheSameFile()
    {
        string[] arguments =
        [
            "sample", "--label", "disk,moon", "--per-class", "3", "--batch", "2", "--output", In("s"),
        ];
        Assert.Equal(0, Run(arguments).Code);
        var whole = File.ReadAllBytes(In("s.npz"));
        File.Delete(In("s.npz"));
        File.Delete(In("s/0007_00001.png"));
        var kept = File.GetLastWriteTimeUtc(In("s/0007_00000.png"));
        var again = Run(arguments);
        Assert.Equal(0, again.Code);
        Assert.Equal(whole, File.ReadAllBytes(In("s.npz")));
        Assert.Equal(kept, File.GetLastWriteTimeUtc(In("s/0007_00000.png")));
        Assert.Contains("(6, 64, 64, 3) uint8", again.Output, StringComparison.Ordinal);
    }

    /// <summary>A cut image is made anew, as one that is missing.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(300)]
    public void Sample_IntoAFolderWithACutImage_MakesItAnew(int length)
    {
        string[] arguments = ["sample", "--label", "disk", "--per-class", "2", "--output", In("s")];
        Assert.Equal(0, Run(arguments).Code);
        var whole = File.ReadAllBytes(In("s.npz"));
        using (var file = File.OpenWrite(In("s/0000_00001.png")))
        {
            file.SetLength(length);
        }

        Assert.Equal(0, Run(arguments).Code);
        Assert.Equal(whole, File.ReadAllBytes(In("s.npz")));
    }

    [Fact]
    public void Sample_IntoAFolderOfAnotherRun_IsToldAndLeavesItAlone()
    {
        Directory.CreateDirectory(In("s"));
        using (new FileStream(In("s/.code.lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None))
        {
            var refused = Run("sample", "--label", "disk", "--per-class", "1", "--output", In("s"));
            Assert.Equal(1, refused.Code);
            Assert.Contains("another run is writing to", refused.Error, StringComparison.Ordinal);
            Assert.Single(Directory.GetFiles(In("s")));
        }

        // What a full disk leaves of the settings does not keep a folder without images locked.
        File.WriteAllText(In("s/settings.json"), "");
        Assert.Equal(0, Run("sample", "--label", "disk", "--per-class", "1", "--output", In("s")).Code);
    }

    [Fact]
    public void Sample_IntoAPathOfDots_NamesTheArrayAfterTheFolder()
    {
        var result = Run("sample", "--label", "disk", "--per-class", "1", "--output", In("s/../t/."));
        Assert.Equal((0, true), (result.Code, File.Exists(In("t.npz"))));
        var empty = Run("sample", "--label", "disk", "--per-class", "1", "--output", "");
        Assert.Equal(1, empty.Code);
        Assert.Contains("--output is empty; give a path.", empty.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Sample_WithOtherSettings_RefusesTheFolder()
    {
        Assert.Equal(0, Run("sample", "--label", "disk", "--per-class", "1", "--output", In("s")).Code);
        var result = Run("sample", "--label", "disk", "--per-class", "1", "--output", In("s"), "--guidance", "2");
        Assert.Equal(1, result.Code);
        Assert.Contains("there \"guidance\": 1.5,, now \"guidance\": 2,", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Sample_OfAnyBatch_GivesTheImagesThatGenerateGives()
    {
        Assert.Equal(0, Run("sample", "--label", "disk", "--per-class", "2", "--seed", "9", "--output", In("s")).Code);
        Assert.Equal(0, Run("generate", "--label", "disk", "--count", "2", "--seed", "9", "--output", In("g")).Code);
        Assert.Equal(Read("g/00001_disk.png").Rgb, Read("s/0000_00001.png").Rgb);
    }

    [Fact]
    public void Program_WithoutACommand_SaysWhatThereIs()
    {
        var result = Run("--help");
        Assert.Equal(0, result.Code);
        Assert.All(["generate", "sample", "verify", "inspect", "synthesize"], command =>
            Assert.Contains(command, result.Output, StringComparison.Ordinal));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Program => Path.Combine(AppContext.BaseDirectory, "code.dll");

    private static (int Code, string Output, string Error) Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }

    /// <summary>Mean difference of two images' bytes over some columns.</summary>
    private double Difference(string one, string other, int firstColumn, int lastColumn)
        => Read(one).Rgb.Zip(Read(other).Rgb)
        .Where((_, i) => i / 3 % 64 >= firstColumn && i / 3 % 64 < lastColumn)
        .Average(pair => Math.Abs(pair.First - pair.Second));

    private string In(string name) => Path.Combine(_folder, name);

    private Flow.Image Read(string name) => PictureCodec.Decode(File.ReadAllBytes(In(name)));
}
