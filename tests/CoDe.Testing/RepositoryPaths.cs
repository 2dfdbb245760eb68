using System.Reflection;

namespace CoDe.Testing;

public static class RepositoryPaths
{
    public static string Root { get; } =
        typeof(RepositoryPaths).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    /// <summary>Finds files of the repository, without those that builds and package managers make.</summary>
    public static IEnumerable<string> Files(string pattern) => Files(Root, pattern);

    public static string Golden(string folder) => Path.Combine(Root, "tests", "golden", folder);

    private static IEnumerable<string> Files(string folder, string pattern)
    {
        var folders = Directory.EnumerateDirectories(folder)
            .Where(each => Path.GetFileName(each) is not (['.', ..] or "artifacts" or "node_modules"));
        return Directory.EnumerateFiles(folder, pattern).Concat(folders.SelectMany(each => Files(each, pattern)));
    }
}
