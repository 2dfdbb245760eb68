using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using CoDe.Flow;

namespace CoDe.Cli.Options;

/// <summary>Options that are fractions, with a decimal point in every culture.</summary>
internal static class NumberOption
{
    /// <summary>
    /// Makes an option. A comma is no part of a number: the library would read it as one between thousands.
    /// </summary>
    public static Option<double?> Create(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = Parse,
    };

    private static double? Parse(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
        {
            return value;
        }

        var option = (OptionResult)result.Parent!;
        result.AddError($"{option.Option.Name} is {Printable.Of(text)}; allowed: a number, with a decimal point.");
        return null;
    }
}
