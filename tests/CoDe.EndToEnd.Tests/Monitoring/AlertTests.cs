using System.Text.RegularExpressions;
using CoDe.EndToEnd.Deployment;
using CoDe.EndToEnd.Telemetry;
using CoDe.Testing;
using CoDe.Testing.Processes;
using Xunit;

namespace CoDe.EndToEnd.Monitoring;

/// <summary>The alerts of Prometheus, by its own tool.</summary>
public sealed partial class AlertTests
{
    private static readonly string[] Names = [.. MonitoringFiles.Rules.Select(rule => rule.Text("alert")).Order()];

    [ProgramFact(PrometheusServer.Program)]
    public async Task Alerts_InTheirTests_FireWhenTheyShould()
    {
        var run = await Command.RunAsync("promtool", "test", "rules", MonitoringFiles.AlertTests);
        Assert.True(run.ExitCode == 0, run.Output + run.Error);
        var tested = AlertName().Matches(File.ReadAllText(MonitoringFiles.AlertTests)).Select(match => match.Value);
        Assert.Equal(Names, tested.Distinct().Order());
    }

    [Fact]
    public void Documentation_ListsEveryAlertWithItsSeverity()
    {
        var text = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "operations.md"));
        var listed = AlertRow().Matches(text).Select(match => $"{match.Groups["name"]} {match.Groups["severity"]}");
        Assert.Equal(
            MonitoringFiles.Rules.Select(rule => $"{rule.Text("alert")} {rule.Map("labels").Text("severity")}").Order(),
            listed.Order());
    }

    [Fact]
    public void Threshold_OfTheQueue_IsOfTheDefaultLimit()
    {
        var rule = MonitoringFiles.Rules.Single(each => each.Text("alert") == "CodeQueueNearlyFull");
        var limit = ServiceSettings.DefaultOf("gateway", "QueueLimit");
        Assert.Equal($"sum(code_queue_depth) > 0.8 * {limit}", rule.Text("expr"));
    }

    [GeneratedRegex(@"\bCode[A-Z]\w+")]
    private static partial Regex AlertName();

    [GeneratedRegex(
        @"^\| `(?<name>Code\w+)` \| (?<severity>\w+) \|", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex AlertRow();
}
