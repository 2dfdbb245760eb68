using System.CommandLine;
using CoDe.Flow;

namespace CoDe.Cli;

/// <summary>Runs a command and turns an error into one readable line and an exit code.</summary>
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
        catch (Exception error)
        {
            return await ErrorLine.WriteAsync("code", error);
        }
    }
}

/// <summary>Error in the combination of options; the message names one that works.</summary>
internal sealed class UsageException(string message) : InputException(message);
