namespace CoDe.Cli.Options;

internal static class Limits
{
    /// <exception cref="UsageException">The value is not from 1 to the largest.</exception>
    public static int InRange(string option, int value, int largest)
        => value >= 1 && value <= largest
            ? value
            : throw new UsageException($"{option} is {value}; allowed: 1 to {largest}.");
}
