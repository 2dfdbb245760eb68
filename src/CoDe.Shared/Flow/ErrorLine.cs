using System.Reflection;

namespace CoDe.Flow;

/// <summary>The one line in which a program ends that cannot go on.</summary>
public static class ErrorLine
{
    /// <summary>Exit code after what its user can put right.</summary>
    public const int UserError = 1;

    /// <summary>Exit code after a fault of the program: EX_SOFTWARE of sysexits.h.</summary>
    public const int ProgramError = 70;

    private const string Trace = "CODE_TRACE";

    /// <summary>Characters of a message: a path may have 4,096.</summary>
    private const int Longest = 8192;

    /// <summary>Writes an error to the error stream, in one line.</summary>
    /// <param name="program">Name of the program.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> WriteAsync(string program, Exception error)
    {
        var cause = CauseOf(error);
        var isForUsers = IsForUsers(cause);
        var text = isForUsers
            ? cause.Message
            : $"unexpected {cause.GetType().Name}: {cause.Message} "
                + $"(with {Trace}=1 in the environment its stack follows)";
        await Console.Error.WriteLineAsync($"{program}: {Printable.Of(OneLine(text), Longest)}").ConfigureAwait(false);
        if (Environment.GetEnvironmentVariable(Trace) == "1")
        {
            await Console.Error.WriteLineAsync(error.ToString()).ConfigureAwait(false);
        }

        return isForUsers ? UserError : ProgramError;
    }

    private static Exception CauseOf(Exception error) => error switch
    {
        AggregateException { InnerExceptions: [var only] } => CauseOf(only),
        TypeInitializationException or TargetInvocationException when error.InnerException is { } inner
            => CauseOf(inner),
        _ => error,
    };

    private static bool IsForUsers(Exception error)
        => error is InputException or DeviceFailedException or IOException or InvalidDataException
            or UnauthorizedAccessException or PlatformNotSupportedException or OutOfMemoryException;

    private static string OneLine(string text)
        => string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries));
}
