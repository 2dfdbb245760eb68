using System.Reflection;

namespace CoDe.Testing;

public static class RepositoryPaths
{
    public static string Root { get; } =
        typeof(RepositoryPaths).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    public static string Golden(string folder) => Path.Combine(Root, "tests", "golden", folder);
}
