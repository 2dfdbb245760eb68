using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace CoDe.Tests;

/// <summary>Each folder of CoDe.Shared may use only the folders named beside it, and each program only the projects. See docs/architecture.md.</summary>
public sealed partial class LayeringTests
{
    private static readonly string Shared = Path.Combine(RepositoryRoot(), "src", "CoDe.Shared");

    [Theory]
    [InlineData("Flow", "")]
    [InlineData("Compute", "Compute")]
    [InlineData("Weights", "Compute")]
    [InlineData("Var", "Flow Compute Weights")]
    [InlineData("Vqvae", "Flow Compute Weights")]
    [InlineData("Stages", "Flow Compute Var Vqvae")]
    [InlineData("Imaging", "Flow")]
    [InlineData("Rpc", "")]
    [InlineData("Protocol", "Flow Rpc")]
    public void Folder_UsesOnlyTheLayersBelow(string folder, string allowed)
    {
        var below = allowed.Split(' ').Append(folder).ToHashSet();
        foreach (var file in Sources(folder))
        {
            var used = UsingCoDe().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value);
            Assert.True(used.All(below.Contains), $"{file} uses {string.Join(", ", used.Except(below))}");
        }
    }

    [Theory]
    [InlineData("CoDe.Shared", "")]
    [InlineData("CoDe.Cli", "CoDe.Shared")]
    [InlineData("CoDe.Drafter", "CoDe.Shared")]
    [InlineData("CoDe.Refiner", "CoDe.Shared")]
    [InlineData("CoDe.Worker", "CoDe.Drafter CoDe.Refiner CoDe.Shared")]
    [InlineData("CoDe.Gateway", "CoDe.Shared CoDe.Worker")]
    public void Program_UsesOnlyThoseBelow(string program, string expected)
    {
        var project = File.ReadAllText(Path.Combine(Path.GetDirectoryName(Shared)!, program, $"{program}.csproj"));
        Assert.Equal(expected, string.Join(' ', UsedProject().Matches(project).Select(match => match.Groups[1].Value).Order(StringComparer.Ordinal)));
    }

    [Theory]
    [InlineData("Var")]
    [InlineData("Vqvae")]
    [InlineData("Stages")]
    public void Model_NamesNoDevice(string folder) => Assert.All(Sources(folder), file =>
        Assert.DoesNotMatch(@"Compute\.(Cpu|Cuda)", File.ReadAllText(file)));

    [Theory]
    [InlineData("Cpu", "Cuda")]
    [InlineData("Cuda", "Cpu")]
    [InlineData("Memory", "Cpu|Cuda")]
    public void Device_DoesNotKnowAnother(string device, string other) => Assert.All(Sources(Path.Combine("Compute", device)), file =>
        Assert.DoesNotMatch($@"CoDe\.Compute\.({other})\b", File.ReadAllText(file)));

    [Theory]
    [InlineData("Flow")]
    [InlineData("Weights")]
    [InlineData("Var")]
    [InlineData("Vqvae")]
    [InlineData("Stages")]
    [InlineData("Imaging")]
    [InlineData("Rpc")]
    public void Unsafe_StaysUnderCompute(string folder) => Assert.All(Sources(folder), file =>
        Assert.DoesNotMatch(@"\bunsafe\b", File.ReadAllText(file)));

    [GeneratedRegex(@"^\s*(?:global\s+)?using\s+(?:static\s+)?CoDe\.(\w+)", RegexOptions.Multiline)]
    private static partial Regex UsingCoDe();

    [GeneratedRegex(@"<ProjectReference Include=""[^""]*\\([\w.]+)\.csproj""")]
    private static partial Regex UsedProject();

    private static IEnumerable<string> Sources(string folder)
    {
        var path = Path.Combine(Shared, folder);
        return Directory.Exists(path) ? Directory.EnumerateFiles(path, "*.cs", SearchOption.AllDirectories) : [];
    }

    private static string RepositoryRoot()
        => typeof(LayeringTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(attribute => attribute.Key == "RepositoryRoot").Value!;
}
