using Xunit;

namespace CoDe.Testing;

/// <summary>A test that needs a program of Debian; skipped with a reason where it is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ProgramFactAttribute : FactAttribute
{
    /// <param name="path">Path of the program, which is named like its package.</param>
    public ProgramFactAttribute(string path) => Skip = Missing(path);

    /// <returns>The reason to skip a test; null where the program is there.</returns>
    internal static string? Missing(string path)
    {
        var package = Path.GetFileName(path);
        return File.Exists(path) ? null : $"{package} is not installed: apt-get install {package}, or tests/install";
    }
}

/// <inheritdoc cref="ProgramFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ProgramTheoryAttribute : TheoryAttribute
{
    /// <inheritdoc cref="ProgramFactAttribute(string)"/>
    public ProgramTheoryAttribute(string path) => Skip = ProgramFactAttribute.Missing(path);
}
