using System.Reflection;

namespace CoDe.Interop.Tests;

/// <summary>The folder for what tests leave to be read.</summary>
internal static class Artifacts
{
    public static string PathOf(string file) => Path.Combine(
        typeof(Artifacts).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "ArtifactsFolder").Value!, file);
}
