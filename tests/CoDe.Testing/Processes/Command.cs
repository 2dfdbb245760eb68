using System.ComponentModel;
using System.Diagnostics;

namespace CoDe.Testing.Processes;

/// <summary>Result of a program that ends by itself.</summary>
public sealed record CommandResult(int ExitCode, string Output, string Error);

public static class Command
{
    /// <exception cref="Win32Exception">There is no such program.</exception>
    public static Task<CommandResult> RunAsync(string program, params string[] arguments)
        => RunAsync(new ProcessStartInfo(program, arguments));

    /// <inheritdoc cref="RunAsync(string, string[])"/>
    /// <param name="environment">Variables that it has besides this process's.</param>
    public static Task<CommandResult> RunAsync(
        string program, string[] arguments, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(program, arguments);
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return RunAsync(start);
    }

    /// <param name="start">The program, its arguments, and such as its variables; its output is redirected.</param>
    /// <exception cref="Win32Exception">There is no such program.</exception>
    public static async Task<CommandResult> RunAsync(ProcessStartInfo start)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new CommandResult(process.ExitCode, output, await error);
    }

    /// <summary>Tells whether a program can be run and ends with 0.</summary>
    public static async Task<bool> SucceedsAsync(string program, params string[] arguments)
    {
        try
        {
            return (await RunAsync(program, arguments)).ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
