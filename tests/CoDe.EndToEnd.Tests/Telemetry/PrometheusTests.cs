using System.Diagnostics;
using CoDe.Protocol.V1;
using CoDe.Testing;
using CoDe.Testing.Processes;
using Grpc.Net.Client;
using Xunit;

namespace CoDe.EndToEnd.Telemetry;

/// <summary>Prometheus scrapes three processes.</summary>
public sealed class PrometheusTests
{
    private const int Images = 3;

    [ProgramFact(PrometheusServer.Program)]
    public async Task Prometheus_ScrapesEveryServiceWithoutAComplaint()
    {
        await using var drafter = await ServiceProcess.StartDrafterAsync(0, "--Drafter:HttpPort=0");
        await using var refiner = await ServiceProcess.StartRefinerAsync(0, "--Refiner:HttpPort=0");
        await using var gateway = await ServiceProcess.StartGatewayAsync(
            $"--Gateway:Drafters:0=http://127.0.0.1:{drafter.Port}",
            $"--Gateway:Refiners:0=http://127.0.0.1:{refiner.Port}");
        await GenerateAsync(gateway);
        Uri[] targets = [gateway.HttpAddress, drafter.HttpAddress, refiner.HttpAddress];

        await using var prometheus = await PrometheusServer.StartAsync(targets);

        Assert.Equal(3, await prometheus.ValueAsync("sum(up)", 3));
        Assert.Equal(Images, await prometheus.ValueAsync("code_images_total{outcome=\"done\", steps=\"8\"}", Images));
        Assert.Equal(Images, await prometheus.ValueAsync("sum(code_batch_size_sum{stage=\"refiner\"})", Images));
        Assert.Equal(10, await prometheus.ValueAsync("count(sum by (scale) (code_scale_duration_seconds_count))", 10));
        Assert.Equal(2, await prometheus.ValueAsync("sum(code_replicas{state=\"ready\"})", 2));
        Assert.DoesNotContain(prometheus.Lines, line
            => line.Contains("level=warn", StringComparison.Ordinal)
                || line.Contains("level=error", StringComparison.Ordinal));
        foreach (var target in targets)
        {
            await AssertWellNamedAsync(target);
        }
    }

    [Theory]
    [InlineData("Drafter")]
    [InlineData("Refiner")]
    public async Task Stage_OverHttp_AnswersHealth(string stage)
    {
        string[] options = [$"--{stage}:HttpPort=0"];
        await using var process = stage == "Drafter"
            ? await ServiceProcess.StartDrafterAsync(0, options) : await ServiceProcess.StartRefinerAsync(0, options);
        using var http = new HttpClient { BaseAddress = process.HttpAddress };
        Assert.Equal("Healthy", await http.GetStringAsync("/health/live"));
        Assert.Equal("Healthy", await http.GetStringAsync("/health/ready"));
    }

    private static async Task GenerateAsync(ServiceProcess gateway)
    {
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{gateway.Port}");
        await new Generation.GenerationClient(channel)
            .GenerateAsync(new GenerateRequest { Labels = { "star" }, Count = Images, Seed = 1, Steps = 8 });
    }

    /// <summary>
    /// promtool also complains about names that .NET itself gives; those stay as all .NET services have them.
    /// </summary>
    private static async Task AssertWellNamedAsync(Uri target)
    {
        using var http = new HttpClient { BaseAddress = target };
        var text = await http.GetStringAsync("/metrics");
        using var promtool = Process.Start(new ProcessStartInfo("promtool", ["check", "metrics"])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        await promtool.StandardInput.WriteAsync(text);
        promtool.StandardInput.Close();
        var complaints = await promtool.StandardError.ReadToEndAsync() + await promtool.StandardOutput.ReadToEndAsync();
        await promtool.WaitForExitAsync();
        Assert.All(
            complaints.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line => Assert.StartsWith("dotnet_", line, StringComparison.Ordinal));
    }
}
