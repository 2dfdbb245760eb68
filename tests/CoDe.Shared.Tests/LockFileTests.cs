using CoDe.Testing;
using Xunit;

namespace CoDe.Shared.Tests;

/// <summary>The lock files of the packages: one a project, and true of any feed.</summary>
public sealed class LockFileTests
{
    public static TheoryData<string> Projects()
        => [.. RepositoryPaths.Files("*.csproj").Select(file => Path.GetRelativePath(RepositoryPaths.Root, file))];

    [Theory]
    [MemberData(nameof(Projects))]
    public void LockFile_OfAProject_HasHashesAndNoAddresses(string project)
    {
        var folder = Path.GetDirectoryName(Path.Combine(RepositoryPaths.Root, project))!;
        var text = File.ReadAllText(Path.Combine(folder, "packages.lock.json"));
        Assert.Contains("\"contentHash\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("://", text, StringComparison.Ordinal);
    }
}
