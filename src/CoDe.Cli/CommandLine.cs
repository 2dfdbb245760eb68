using System.CommandLine;
using CoDe.Flow;

namespace CoDe.Cli;

/// <summary>Runs a command and turns what users can put right into one readable line and exit code 1.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(string[] args, RootCommand root)
    {
        var result = root.Parse(args);
        var console = new InvocationConfiguration { EnableDefaultExceptionHandler = false };
        try
        {
            return await result.InvokeAsync(console);
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("code: stopped.");
            return 130;
        }
        catch (Exception error) when (IsForUsers(error))
        {
            await Console.Error.WriteLineAsync($"code: {error.Message}");
            return 1;
        }
    }

    private static bool IsForUsers(Exception error) => error
        is InputException or IOException or UnauthorizedAccessException or PlatformNotSupportedException;
}

/// <summary>Error in the combination of options; the message names one that works.</summary>
internal sealed class UsageException(string message) : InputException(message);
