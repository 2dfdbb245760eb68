using System.CommandLine;
using CoDe.Testing;
using Xunit;

namespace CoDe.Cli.Tests.Commands;

/// <summary>Any exception of a command ends in one line.</summary>
public sealed class ErrorLineTests
{
    public static TheoryData<int> Kinds() => [.. Enumerable.Range(0, ExceptionKinds.All.Count)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Command_ThatThrows_EndsInOneLine(int kind)
    {
        var error = ExceptionKinds.All[kind];
        var command = new RootCommand();
        command.SetAction((_, _) => Task.FromException<int>(error));
        var (code, text) = await RunAsync(command);
        Assert.NotEqual(0, code);
        var line = Assert.Single(text.Split(["\r", "\n"], StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("code: ", line, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', line);
    }

    [Fact]
    public async Task Command_ThatThrowsAFaultOfTheProgram_NamesItAndTheWayToItsStack()
    {
        var command = new RootCommand();
        command.SetAction((_, _) => Task.FromException<int>(new InvalidOperationException("No element.")));
        Assert.Equal(
            (70, "code: unexpected InvalidOperationException: No element. "
                + "(with CODE_TRACE=1 in the environment its stack follows)\n"),
            await RunAsync(command));
    }

    private static async Task<(int Code, string Error)> RunAsync(RootCommand command)
    {
        var before = Console.Error;
        using var error = new StringWriter();
        Console.SetError(error);
        try
        {
            return (await CommandLine.RunAsync([], command), error.ToString());
        }
        finally
        {
            Console.SetError(before);
        }
    }
}
