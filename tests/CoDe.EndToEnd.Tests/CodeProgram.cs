using CoDe.Testing.Processes;
using Xunit;

namespace CoDe.EndToEnd;

/// <summary>The command-line program.</summary>
internal static class CodeProgram
{
    /// <summary>Runs it and expects that it succeeds.</summary>
    /// <returns>What it printed.</returns>
    public static async Task<string> RunAsync(params string[] arguments)
    {
        var result = await TryAsync([], arguments);
        Assert.True(result.ExitCode == 0, $"code {string.Join(' ', arguments)}: {result.Error}");
        return result.Output.Trim();
    }

    /// <summary>Runs it with variables besides this process's.</summary>
    public static Task<CommandResult> TryAsync(Dictionary<string, string> environment, params string[] arguments)
        => Command.RunAsync(Path.Combine(AppContext.BaseDirectory, "code"), arguments, environment);
}
