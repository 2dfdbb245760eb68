using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace CoDe.Testing.Processes;

/// <summary>The libtorch that <c>tests/torch/install</c> installs, for this process and those that it starts.</summary>
public static class LibTorchFolder
{
    private const string Variable = "LIBTORCH";

    /// <summary>Gets why tests cannot use libtorch; null where they can.</summary>
    public static string? Missing
        => Environment.GetEnvironmentVariable(Variable) is null
            ? "libtorch is not installed: tests/torch/install, or set LIBTORCH to its folder"
            : null;

    /// <summary>Lets programs find it as they find any other. A variable that is set stays.</summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "Tests start programs in many places, and each needs it.")]
    internal static void Export()
    {
        var folder = Path.Combine(RepositoryPaths.Root, "artifacts", "libtorch");
        if (Missing is not null && File.Exists(Path.Combine(folder, "libtorch_cpu.so")))
        {
            Environment.SetEnvironmentVariable(Variable, folder);
        }
    }
}
