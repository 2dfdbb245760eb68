using System.Text.Json.Nodes;
using CoDe.Imaging;
using CoDe.Testing;
using CoDe.Testing.Processes;
using Xunit;

namespace CoDe.EndToEnd.Load;

/// <summary><c>code load</c> against a gateway with simulated stages.</summary>
public sealed class LoadTests(SimulatedGateway services) : IClassFixture<SimulatedGateway>
{
    private const string Font = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";

    [Theory]
    [InlineData("--clients", "4")]
    [InlineData("--rate", "100")]
    public async Task Load_OfEitherLoop_MeasuresEveryRequest(string loop, string value)
    {
        var report = JsonNode.Parse(await CodeProgram.RunAsync(
            "load", "--gateway", services.Address, loop, value, "--warm-up", "0", "--requests", "40",
            "--steps", "8:1,6:1", "--count", "1,3", "--label", "0..4", "--target", "60000", "--json"))!;
        Assert.Equal(40, report["requests"]!.GetValue<int>());
        Assert.Empty(report["failures"]!.AsObject());
        var shapes = report["shapes"]!.AsArray();
        Assert.Equal(4, shapes.Count);
        Assert.Equal(40, shapes.Sum(shape => shape!["requests"]!.GetValue<int>()));
        var images = report["images_per_second"]!.GetValue<double>();
        Assert.Equal(images, report["goodput"]!.GetValue<double>());
        Assert.True(images > report["requests_per_second"]!.GetValue<double>());

        // Two batches of 10 ms are the least that an answer takes.
        var latency = report["latency"]!;
        Assert.InRange(latency["p50"]!.GetValue<double>(), 19, latency["max"]!.GetValue<double>());
    }

    [ProgramFact(Font)]
    public async Task Load_WithAPlot_WritesAPicture()
    {
        var folder = Directory.CreateTempSubdirectory("code-load-").FullName;
        var file = Path.Combine(folder, "new", "load.png");
        var text = await CodeProgram.RunAsync(
            "load", "--gateway", services.Address, "--warm-up", "0", "--requests", "20", "--plot", file);
        Assert.Contains("requests    20, of which 20 answered", text, StringComparison.Ordinal);
        var picture = PictureCodec.Decode(File.ReadAllBytes(file));
        Assert.Equal((1000, 700), (picture.Width, picture.Height));
        Assert.True(picture.Rgb.Distinct().Count() > 10);
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(file)!));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Load_ThatOnlyFails_CountsByStatusAndEndsWith1()
    {
        await using var slow = await ServiceProcess.StartSimulatedStageAsync("drafter", 600_000);
        await using var gateway = await ServiceProcess.StartGatewayAsync(
            $"--Gateway:Drafters:0=http://127.0.0.1:{slow.Port}",
            $"--Gateway:Refiners:0=http://127.0.0.1:{services.RefinerPort}");
        var result = await CodeProgram.TryAsync(
            [], "load", "--gateway", $"http://127.0.0.1:{gateway.Port}", "--clients", "1", "--warm-up", "0",
            "--requests", "2", "--timeout", "0.3");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("failed      2 DEADLINE_EXCEEDED", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--clients is 0; allowed: 1 to 10000.", "--clients", "0")]
    [InlineData("give either --clients or --rate.", "--clients", "1", "--rate", "1")]
    [InlineData("give either --duration or --requests.", "--duration", "1", "--requests", "1")]
    [InlineData("--rate is 0; allowed: above 0 to 100000.", "--rate", "0")]
    [InlineData("--duration is -1; allowed: above 0 to 86400.", "--duration", "-1")]
    [InlineData("--target is 0; allowed: above 0 to 86400000.", "--target", "0")]
    [InlineData("--warm-up is -1; allowed: 0 to 86400.", "--warm-up", "-1")]
    [InlineData("--steps is 11; allowed: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10.", "--steps", "8,11")]
    [InlineData("--count is 1:x; allowed: numbers from 1, with weights", "--count", "1:x")]
    [InlineData("--model is other; allowed: tiny.", "--model", "other")]
    [InlineData("label is 17; allowed: 0 to 9, none", "--label", "1,17")]
    [InlineData("--plot is x.jpg; allowed: a file ending in .png.", "--plot", "x.jpg")]
    public async Task Load_OfWhatMakesNoSense_EndsInOneLine(string message, params string[] arguments)
    {
        var result = await CodeProgram.TryAsync([], ["load", "--gateway", services.Address, .. arguments]);
        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.StartsWith($"code: {message}", Assert.Single(result.Error.Trim().Split('\n')), StringComparison.Ordinal);
    }
}
