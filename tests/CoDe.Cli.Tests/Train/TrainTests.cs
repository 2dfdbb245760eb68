using System.Diagnostics;
using CoDe.Flow;
using CoDe.Imaging;
using CoDe.Testing;
using CoDe.Testing.Processes;
using Xunit;

namespace CoDe.Cli.Tests.Train;

/// <summary>Trainings as a user runs and stops them, on pictures of 8 x 8 pixels.</summary>
public sealed class TrainTests : IDisposable
{
    private static readonly string[] Scales = ["--scales", "1,2,4"];

    private static readonly int[] KilledAt = [4, 20, 40];

    private static readonly string[] Classes = ["stripes", "waves"];

    private static readonly string[] Vqvae =
        [.. Scales, "--vocabulary", "16", "--code-width", "4", "--widths", "32,32", "--blocks", "1"];

    private readonly string _folder = Directory.CreateTempSubdirectory("code-train-").FullName;

    public TrainTests()
    {
        foreach (var (label, name) in Classes.Index())
        {
            Directory.CreateDirectory(In($"data/{name}"));
            for (var number = 0; number < 6; number++)
            {
                PictureFile.Write(In($"data/{name}/{number}.png"), Pattern(label, number));
            }
        }
    }

    /// <summary>The way from pictures to images: tokenizer, two transformers, the pair fine-tuned, an image.</summary>
    [TorchFact]
    public async Task Commands_OneAfterTheOther_MakeAPairThatDecodes()
    {
        await RunAsync([.. Of("train", "vqvae", "vqvae"), .. Vqvae, .. Short]);
        string[] codes = ["--vqvae", In("vqvae/vqvae.safetensors")];
        await RunAsync([
            .. Of("train", "var", "large"), .. codes, .. Scales, .. Sizes(2), .. Short, "--plot", In("loss.png")]);
        await RunAsync([.. Of("train", "var", "small"), .. codes, .. Scales, .. Sizes(1), .. Short]);
        string[] large = ["--model", In("large/var_d2.safetensors")];
        await RunAsync([.. Of("finetune", "drafter", "drafter"), .. codes, .. large, "--steps", "2", .. Short]);
        await RunAsync([
            .. Of("finetune", "refiner", "refiner"), .. codes, "--model", In("small/var_d1.safetensors"),
            "--teacher", In("large/var_d2.safetensors"), "--steps", "2", "--type", "f16", .. Short]);

        var output = await RunAsync([
            "generate", "--drafter", In("drafter/drafter_2.safetensors"),
            "--refiner", In("refiner/refiner_2.safetensors"), .. codes, "--steps", "2", "--preset", "tiny",
            "--label", "waves", "-o", In("image.png")]);
        Assert.Contains("draft", output, StringComparison.Ordinal);
        Assert.Equal(8, PictureFile.Read(In("image.png")).Width);
        Assert.True(PictureFile.IsWholePng(In("loss.png")));
        Assert.Equal("stripes\nwaves\n", await File.ReadAllTextAsync(In("drafter/classes.txt")));
    }

    /// <summary>A state is saved after every step, so a kill is likely to come while one is written.</summary>
    [TorchFact]
    public async Task Training_KilledAgainAndAgain_EndsInTheWeightsOfOneThatWasNot()
    {
        await RunAsync([.. Of("train", "vqvae", "codes"), .. Vqvae, .. Short]);
        string[] options =
            ["--vqvae", In("codes/vqvae.safetensors"), .. Scales, .. Sizes(1), "--average", "0.9", .. HundredStates];
        await RunAsync([.. Of("train", "var", "whole"), .. options]);
        string[] arguments = [.. Of("train", "var", "parts"), .. options];
        var kills = 0;
        foreach (var step in KilledAt)
        {
            kills += await KillAtAsync(step, arguments) ? 1 : 0;
        }

        Assert.InRange(kills, 1, KilledAt.Length);
        await RunAsync(arguments);
        var expected = await File.ReadAllBytesAsync(In("whole/var_d1.safetensors"));
        Assert.Equal(expected, await File.ReadAllBytesAsync(In("parts/var_d1.safetensors")));
        Assert.Empty(Directory.GetFiles(In("parts"), "*" + WholeFile.Partial));
    }

    [TorchFact]
    public async Task Training_OfBadInput_EndsInOneLineThatNamesIt()
    {
        await AssertRefusedAsync("--device is cpu; allowed: torch, cuda:N.", "--device", "cpu");
        await AssertRefusedAsync("--data is /nowhere; allowed: a folder with a folder of", "--data", "/nowhere");
        await AssertRefusedAsync("--widths has 20; allowed: multiples of 32.", "--widths", "20");
        await AssertRefusedAsync("--scales is 1,4,2; allowed: sides that do not fall.", "--scales", "1,4,2");
        await AssertRefusedAsync("--average is 1; allowed: 0 to 0.999999.", "--average", "1");
        await AssertRefusedAsync("0.png is 8 x 8; allowed: 16 x 16 pixels", "--widths", "32,32,32");
        Directory.CreateDirectory(In("data/empty"));
        await AssertRefusedAsync("data/empty, which has no pictures; allowed: files ending in .png", "--blocks", "1");
    }

    [Fact]
    public async Task Training_WithoutLibtorch_SaysInOneLineWhatToDo()
    {
        var result = await StartAsync(
            new Dictionary<string, string> { ["LIBTORCH"] = In("data") }, [.. Of("train", "vqvae", "vqvae"), .. Vqvae]);
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("code: device torch: ", result.Error, StringComparison.Ordinal);
        Assert.Contains("set LIBTORCH", result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.Trim().Split('\n'));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string[] Short => ["--epochs", "2"];

    /// <summary>A state after each of a hundred steps.</summary>
    private static string[] HundredStates => ["--epochs", "50", "--save-minutes", "0"];

    private static string[] Sizes(int depth)
        => ["--depth", FormattableString.Invariant($"{depth}"), "--width", "32", "--heads", "2"];

    private static Image Pattern(int label, int number) => new(8, 8, [.. Enumerable.Range(0, 8 * 8 * 3).Select(i =>
        (byte)(127 + (100 * Math.Sin((label == 0 ? i / 24 : i % 24 / 3) + number))))]);

    private string[] Of(string verb, string model, string output) =>
    [
        verb, model, "--data", In("data"), "-o", In(output), "--threads", "2", "--batch", "6", "--accumulate", "1",
        "--rate", "0.05",
    ];

    private async Task AssertRefusedAsync(string message, params string[] options)
    {
        string[] given = [.. Of("train", "vqvae", "refused"), .. Vqvae, .. Short];
        var result = await StartAsync([], [.. Without(given, options[0]), .. options]);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.Trim().Split('\n'));
    }

    private static IEnumerable<string> Without(string[] arguments, string option)
        => Array.IndexOf(arguments, option) is >= 0 and var at
            ? arguments.Take(at).Concat(arguments.Skip(at + 2))
            : arguments;

    private static async Task<string> RunAsync(string[] arguments)
    {
        var result = await StartAsync([], arguments);
        Assert.True(result.ExitCode == 0, $"code {string.Join(' ', arguments)}: {result.Error}");
        return result.Output;
    }

    private static Task<CommandResult> StartAsync(Dictionary<string, string> environment, string[] arguments)
        => Command.RunAsync("dotnet", [Program, .. arguments], environment);

    /// <summary>Kills a run as soon as it tells of a step.</summary>
    /// <returns>False where the run ended before.</returns>
    private static async Task<bool> KillAtAsync(int step, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Program, .. arguments])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        while (await process.StandardError.ReadLineAsync() is { } line)
        {
            if (line.StartsWith(FormattableString.Invariant($"step {step} of 100,"), StringComparison.Ordinal))
            {
                process.Kill();
            }
        }

        await process.WaitForExitAsync();
        return process.ExitCode != 0;
    }

    private static string Program => Path.Combine(AppContext.BaseDirectory, "code.dll");

    private string In(string name) => Path.Combine(_folder, name);
}
