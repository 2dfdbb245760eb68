using System.Globalization;
using System.Text.RegularExpressions;
using CoDe.Imaging;
using CoDe.Testing.Processes;
using Xunit;

namespace CoDe.EndToEnd.Examples;

/// <summary>The example programs as a user runs them, against a gateway process.</summary>
public sealed partial class ExamplesTests(RunningGateway gateway) : IClassFixture<RunningGateway>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("code-examples-").FullName;

    [Theory]
    [ClientData("python")]
    [ClientData("node")]
    public async Task Generate_OfLabels_SavesWhatIsDecodedHere(string client)
    {
        var result = await RunAsync(
            client, "generate", "--label", "star", "--label", "5",
            "--count", "2", "--seed", "18446744073709551615", "--steps", "6");
        string[] files = [In("00000_star.png"), In("00001_star.png"), In("00002_heart.png"), In("00003_heart.png")];
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal([.. files, "seed 18446744073709551615, model tiny, 6 scales drafted"], Lines(result.Output));
        var expected = gateway.Reference.Decode(ulong.MaxValue, 6, "star", "star", "heart", "heart").Images;
        Assert.All(files.Zip(expected), pair => AssertSame(pair.Second, pair.First));
    }

    [Theory]
    [ClientData("python")]
    [ClientData("node")]
    public async Task Generate_WithoutSeedAndSteps_TellsWhatMakesTheImageAgain(string client)
    {
        var result = await RunAsync(client, "generate", "--label", "moon");
        var told = Told().Match(result.Output);
        Assert.True(told.Success, result.Output + result.Error);
        var seed = ulong.Parse(told.Groups["seed"].Value, CultureInfo.InvariantCulture);
        var steps = int.Parse(told.Groups["steps"].Value, CultureInfo.InvariantCulture);
        AssertSame(gateway.Reference.Decode(seed, steps, "moon").Images[0], In("00000_moon.png"));
    }

    [Theory]
    [ClientData("python")]
    [ClientData("node")]
    public async Task Stream_OfALabel_TellsEachScaleAndSavesDraftAndImage(string client)
    {
        var result = await RunAsync(client, "stream", "--label", "flower", "--seed", "7", "--steps", "4");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        string[] expected =
        [
            "seed 7, 0 images wait before", .. Scales(1, 4),
            In("00000.draft.png"), .. Scales(5, 6), In("00000_flower.png"),
        ];
        Assert.Equal(expected, Lines(result.Output));
        var (previews, images) = gateway.Reference.Decode(7, 4, "flower");
        AssertSame(previews[0], In("00000.draft.png"));
        AssertSame(images[0], In("00000_flower.png"));
    }

    [Theory]
    [ClientData("python", "generate")]
    [ClientData("python", "stream")]
    [ClientData("node", "generate")]
    [ClientData("node", "stream")]
    public async Task Example_OfALabelThatIsNone_EndsInOneLine(string client, string program)
    {
        var result = await RunAsync(client, program, "--label", "sphere");
        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.StartsWith(
            "INVALID_ARGUMENT: label is sphere; allowed: 0 to 9, none, or one of disk",
            Assert.Single(Lines(result.Error)), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Theory]
    [ClientData("python", "generate")]
    [ClientData("python", "stream")]
    [ClientData("node", "generate")]
    [ClientData("node", "stream")]
    public async Task Example_WhereNothingListens_EndsInOneLine(string client, string program)
    {
        // Port 1 is reserved for a service that nobody runs.
        var result = await ExampleClient.Named(client)
            .RunAsync(program, "--address", "127.0.0.1:1", "--output", _folder);
        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.StartsWith("UNAVAILABLE: ", Assert.Single(Lines(result.Error)), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [GeneratedRegex(
        @"^seed (?<seed>\d+), model tiny, (?<steps>\d+) scales drafted$",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Told();

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static IEnumerable<string> Scales(int first, int count)
        => Enumerable.Range(first, count).Select(scale => $"image 0: scale {scale} of 10");

    private static void AssertSame(Flow.Image expected, string file)
    {
        var saved = PictureCodec.Decode(File.ReadAllBytes(file));
        Assert.Equal((expected.Width, expected.Height), (saved.Width, saved.Height));
        Assert.Equal(expected.Rgb, saved.Rgb);
    }

    private Task<CommandResult> RunAsync(string client, string program, params string[] arguments)
        => ExampleClient.Named(client)
            .RunAsync(program, ["--address", gateway.Address, "--output", _folder, .. arguments]);

    private string In(string name) => Path.Combine(_folder, name);
}
