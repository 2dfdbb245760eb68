using CoDe.Testing.Processes;
using Xunit;

namespace CoDe.EndToEnd.Jobs;

/// <summary>The command-line program.</summary>
internal static class CodeProgram
{
    /// <summary>Runs it and expects that it succeeds.</summary>
    /// <returns>What it printed.</returns>
    public static async Task<string> RunAsync(params string[] arguments)
    {
        var result = await Command.RunAsync(Path.Combine(AppContext.BaseDirectory, "code"), arguments);
        Assert.True(result.ExitCode == 0, $"code {string.Join(' ', arguments)}: {result.Error}");
        return result.Output.Trim();
    }
}
