using System.Reflection;
using System.Text.RegularExpressions;
using CoDe.Testing;
using NetArchTest.Rules;
using Xunit;

namespace CoDe.Shared.Tests;

/// <summary>
/// Borders between projects and folders, read from compiled type references. See docs/architecture.md.
/// </summary>
public sealed partial class LayeringTests
{
    private static readonly Assembly[] Programs =
    [
        Assembly.Load("CoDe.Shared"),
        Assembly.Load("CoDe.Engine"),
        Assembly.Load("CoDe.Imaging"),
        Assembly.Load("CoDe.Drafter"),
        Assembly.Load("CoDe.Refiner"),
        Assembly.Load("CoDe.Worker"),
        Assembly.Load("CoDe.Gateway"),
        Assembly.Load("code"),
    ];

    private static readonly string[] Namespaces =
        [.. Programs.SelectMany(program => program.GetTypes()).Select(type => type.Namespace).OfType<string>()
            .Where(IsOurs).Distinct().Order()];

    [Theory]
    [InlineData("Flow", "")]
    [InlineData("Protocol", "Flow")]
    [InlineData("Planning", "Flow")]
    [InlineData("Telemetry", "")]
    [InlineData("Hosting", "Flow Protocol Telemetry")]
    [InlineData("Engine.Compute", "Flow")]
    [InlineData("Engine.Weights", "Flow Engine.Compute")]
    [InlineData("Engine.Var", "Flow Engine.Compute Engine.Weights")]
    [InlineData("Engine.Vqvae", "Flow Engine.Compute Engine.Weights")]
    [InlineData("Engine.Stages", "Flow Engine.Compute Engine.Var Engine.Vqvae")]
    [InlineData("Engine.Training", "Flow Engine.Compute Engine.Weights Engine.Var Engine.Vqvae")]
    [InlineData("Imaging", "Flow")]
    public void Folder_OfAnyLayer_UsesOnlyTheLayersBelow(string folder, string below)
    {
        string[] allowed = [.. below.Split(' '), folder];
        AssertUsesNone(folder, [.. Namespaces.Where(each => !allowed.Any(layer => IsIn(each, layer)))]);
    }

    [Theory]
    [InlineData("CoDe.Shared", "")]
    [InlineData("CoDe.Engine", "CoDe.Shared")]
    [InlineData("CoDe.Imaging", "CoDe.Shared")]
    [InlineData("CoDe.Cli", "CoDe.Engine CoDe.Imaging")]
    [InlineData("CoDe.Drafter", "CoDe.Engine")]
    [InlineData("CoDe.Refiner", "CoDe.Engine CoDe.Imaging")]
    [InlineData("CoDe.Worker", "CoDe.Drafter CoDe.Refiner")]
    [InlineData("CoDe.Gateway", "CoDe.Imaging CoDe.Worker")]
    public void Project_OfAnyLayer_ReferencesOnlyThoseBelow(string project, string expected)
    {
        var text = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "src", project, $"{project}.csproj"));
        var referenced = ReferencedProject().Matches(text).Select(match => match.Groups[1].Value);
        Assert.Equal(expected, string.Join(' ', referenced.Order(StringComparer.Ordinal)));
    }

    [Theory]
    [InlineData("Engine.Var")]
    [InlineData("Engine.Vqvae")]
    [InlineData("Engine.Stages")]
    [InlineData("Engine.Weights")]
    [InlineData("Engine.Compute.Memory")]
    public void Model_OfAnyKind_NamesNoDevice(string folder)
        => AssertUsesNone(folder, ["CoDe.Engine.Compute.Cpu", "CoDe.Engine.Compute.Torch"]);

    /// <summary>The gateway reaches the engine only through a worker, and that only where it embeds one.</summary>
    [Fact]
    public void Gateway_OutsideOfEmbedded_UsesNoStage()
    {
        string[] stages = ["CoDe.Engine", "CoDe.Worker", "CoDe.Drafter", "CoDe.Refiner"];
        var types = Types.InAssemblies(Programs).That().ResideInNamespace("CoDe.Gateway")
            .And().DoNotResideInNamespace("CoDe.Gateway.Embedded")
            .And().DoNotHaveName("GatewayHost");
        AssertPasses(types.ShouldNot().HaveDependencyOnAny(stages).GetResult());
    }

    /// <summary>Domain exceptions cross the layers; statuses exist only where gRPC is spoken.</summary>
    [Fact]
    public void RpcException_OutsideOfFacesAndStageClients_IsNotUsed()
    {
        string[] speakers =
        [
            "CoDe.Protocol", "CoDe.Gateway.Grpc", "CoDe.Gateway.Http", "CoDe.Gateway.Replicas", "CoDe.Cli.Jobs",
            "CoDe.Cli.Load",
        ];
        var types = Types.InAssemblies(Programs).That().ResideInNamespaceMatching("^CoDe\\.");
        foreach (var speaker in speakers)
        {
            types = types.And().DoNotResideInNamespace(speaker);
        }

        AssertPasses(types.ShouldNot().HaveDependencyOn("Grpc.Core.RpcException").GetResult());
    }

    [Theory]
    [InlineData("StackExchange.Redis", "CoDe.Gateway.Redis")]
    [InlineData("k8s", "CoDe.Gateway.Cluster")]
    [InlineData("Orleans", "CoDe.Gateway")]
    [InlineData("TorchSharp", "CoDe.Engine.Compute.Torch CoDe.Engine.Training")]
    public void Library_OutsideOfItsFolders_IsNotUsed(string library, string folders)
    {
        // Orleans puts generated code into namespaces of its own.
        var types = Types.InAssemblies(Programs).That().ResideInNamespaceMatching("^CoDe\\.");
        foreach (var folder in folders.Split(' '))
        {
            types = types.And().DoNotResideInNamespace(folder);
        }

        AssertPasses(types.ShouldNot().HaveDependencyOn(library).GetResult());
    }

    [Fact]
    public void Unsafe_OutsideOfCompute_IsNotAllowed()
    {
        var source = Path.Combine(RepositoryPaths.Root, "src");
        var compute = Path.Combine("CoDe.Engine", "Compute");
        var isUnsafe = Directory.EnumerateFiles(source, "*.cs", SearchOption.AllDirectories)
            .Where(file => UnsafeCode().IsMatch(File.ReadAllText(file)));
        Assert.All(isUnsafe, file => Assert.Contains(compute, file, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"<ProjectReference Include=""[^""]*\\([\w.]+)\.csproj""")]
    private static partial Regex ReferencedProject();

    [GeneratedRegex(
        @"^\s*(?:(?:public|internal|private|protected|static|sealed|readonly|ref|partial)\s+)*unsafe\b",
        RegexOptions.Multiline)]
    private static partial Regex UnsafeCode();

    private static bool IsOurs(string name) => name.StartsWith("CoDe.", StringComparison.Ordinal);

    private static bool IsIn(string name, string layer)
        => layer.Length > 0 && (name == $"CoDe.{layer}" || name.StartsWith($"CoDe.{layer}.", StringComparison.Ordinal));

    private static void AssertUsesNone(string folder, string[] forbidden)
        => AssertPasses(Types.InAssemblies(Programs).That().ResideInNamespace($"CoDe.{folder}")
            .ShouldNot().HaveDependencyOnAny(forbidden).GetResult());

    private static void AssertPasses(TestResult result)
    {
        var failing = (result.FailingTypes ?? []).Select(type => type.FullName);
        Assert.True(result.IsSuccessful, string.Join(", ", failing));
    }
}
