using System.Text.RegularExpressions;
using CoDe.Testing;
using Xunit;

namespace CoDe.EndToEnd.Deployment;

/// <summary>The Dockerfile: ports, health checks, and what restores packages.</summary>
public sealed partial class DockerfileTests
{
    private static readonly string Text = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "Dockerfile"));

    [Theory]
    [InlineData("gateway")]
    [InlineData("drafter")]
    [InlineData("refiner")]
    [InlineData("worker")]
    public void Image_OfAService_ChecksItsDefaultPortWithoutStartingDotnet(string service)
    {
        var stage = Text[Text.IndexOf($"FROM service AS {service}\n", StringComparison.Ordinal)..].Split("\n\n")[0];
        var (port, http) = (
            ServiceSettings.DefaultOf(service, "Port"), ServiceSettings.DefaultOf(service, "HttpPort"));
        Assert.Contains($"EXPOSE {port} {http}\n", stage, StringComparison.Ordinal);
        Assert.Contains(
            $"CMD [\"code-health\", \"{service}\", \"{http}\"]", stage, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Restore_OfTheImages_HasTheLockFileOfEveryProject()
    {
        var projects = Directory.GetDirectories(Path.Combine(RepositoryPaths.Root, "src"))
            .Select(folder => Path.GetFileName(folder)).Except(["CoDe.Cli"]);
        var locked = LockedProject().Matches(Text).Select(match => match.Groups["name"].Value);
        Assert.Equal(projects.Order(), locked.Order());
        Assert.Contains("dotnet restore src/CoDe.Gateway --locked-mode", Text, StringComparison.Ordinal);
    }

    [GeneratedRegex(
        @"^COPY src/(?<name>[\w.]+)/\k<name>\.csproj src/\k<name>/packages\.lock\.json ",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex LockedProject();
}
