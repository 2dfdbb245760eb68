using System.CommandLine;
using System.Globalization;
using CoDe.Flow;

namespace CoDe.Cli.Train;

/// <summary>The option that lists whole numbers with commas between.</summary>
internal static class ListOption
{
    public static Option<string> Create(string name, string description, string byDefault)
        => new(name) { Description = description, DefaultValueFactory = _ => byDefault };

    public static Option<string> Scales() => Create(
        "--scales", "Sides of the token maps, coarse to fine.", ScaleSchedule.Published256.ToString());

    /// <exception cref="UsageException">The sides do not rise from 1 to at most 1024.</exception>
    public static ScaleSchedule ReadScales(ParseResult result, Option<string> option)
    {
        var sides = Read(result, option, 1024);
        return sides.Zip(sides.Skip(1)).All(pair => pair.First <= pair.Second)
            ? new ScaleSchedule(sides)
            : throw new UsageException($"{option.Name} is {string.Join(',', sides)}; allowed: sides that do not fall.");
    }

    /// <exception cref="UsageException">A part is not from 1 to the largest.</exception>
    public static int[] Read(ParseResult result, Option<string> option, int largest)
        => [.. result.GetValue(option)!.Split(',').Select(part =>
            int.TryParse(part.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= 1 && number <= largest
                ? number
                : throw new UsageException(
                    $"{option.Name} has {Printable.Of(part.Trim())}; allowed: numbers from 1 to {largest}."))];
}
