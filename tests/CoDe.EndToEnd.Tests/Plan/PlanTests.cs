using System.Text.Json.Nodes;
using CoDe.Imaging;
using CoDe.Testing;
using Xunit;

namespace CoDe.EndToEnd.Plan;

/// <summary><c>code plan</c> from what <c>code bench</c> measured.</summary>
public sealed class PlanTests : IDisposable
{
    private const string Font = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";

    private readonly string _folder = Directory.CreateTempSubdirectory("code-plan-").FullName;

    [ProgramFact(Font)]
    public async Task Plan_OfMeasuredTimes_HasATableJsonAndAPlot()
    {
        var times = Path.Combine(_folder, "times");
        foreach (var batch in new[] { "1", "2" })
        {
            var line = await CodeProgram.RunAsync("bench", "--steps", "8", "--batch", batch, "--runs", "1", "--json");
            File.AppendAllText(times, $"{line}\n");
        }

        var plot = Path.Combine(_folder, "plan.png");
        var text = await CodeProgram.RunAsync("plan", "--times", times, "--devices", "3", "--plot", plot);
        Assert.StartsWith("devices ", text, StringComparison.Ordinal);
        Assert.Contains("\n2 drafters, 1 refiner  8 ", text, StringComparison.Ordinal);
        var picture = PictureCodec.Decode(File.ReadAllBytes(plot));
        Assert.True(picture.Rgb.Distinct().Count() > 10);
        var plan = JsonNode.Parse(
            await CodeProgram.RunAsync("plan", "--times", times, "--devices", "2", "--steps", "8", "--json"))!;
        Assert.Null(plan["shortfall"]);
        var services = plan["services"]!.AsArray();
        Assert.Equal(2, services.Count);
        Assert.All(services, service =>
        {
            Assert.Equal(8, service!["steps"]!.GetValue<int>());
            Assert.True(service["predicted"]!["p95"]!.GetValue<double>() > 0);
            Assert.Equal(2, service["topology"]!["devices"]!.GetValue<int>());
        });
    }

    [Fact]
    public async Task Plan_ThatDoesNotReachTheGoal_PrintsTheBestAndEndsWith1()
    {
        var result = await CodeProgram.TryAsync([], "plan", "--times", Times(), "--devices", "1", "--rate", "10");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("\n1 worker  8 ", result.Output, StringComparison.Ordinal);
        Assert.Equal("code: 1 device does not reach 10 images/s; 12 would.", result.Error.Trim());
    }

    [Theory]
    [InlineData("--devices", "0", "devices is 0; allowed: 1 to 64.")]
    [InlineData("--device-gib", "-1", "device_gib is -1; allowed: above 0 to 1048576.")]
    [InlineData("--device-gib", "80", "device_gib is 80; allowed: nothing, since times have no peak_gib.")]
    [InlineData("--steps", "8,6", "steps is 6; allowed: 8.")]
    [InlineData("--plot", "plan.svg", "--plot is plan.svg; allowed: a file ending in .png.")]
    public async Task Plan_OfWhatMakesNoSense_EndsInOneLine(string option, string value, string message)
    {
        var result = await CodeProgram.TryAsync([], "plan", "--times", Times(), option, value);
        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.StartsWith($"code: {message}", Assert.Single(result.Error.Trim().Split('\n')), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Times()
    {
        var file = Path.Combine(_folder, "times");
        File.WriteAllText(
            file, """{"stage":"all","steps":8,"batch":1,"draft_s":0.5,"refine_s":0.25,"decode_s":0.25}""");
        return file;
    }
}
