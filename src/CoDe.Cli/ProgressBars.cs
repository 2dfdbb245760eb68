using Spectre.Console;

namespace CoDe.Cli;

/// <summary>Bars of work on standard error, with the time left.</summary>
internal static class ProgressBars
{
    /// <summary>Runs work with the bars up that it adds.</summary>
    public static void Run(Action<ProgressContext> work)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        console.Progress()
            .Columns(
                new TaskDescriptionColumn(),
                new ProgressBarColumn(),
                new PercentageColumn(),
                new RemainingTimeColumn(),
                new SpinnerColumn())
            .Start(work);
    }
}
