using System.CommandLine;
using System.CommandLine.Parsing;
using System.Numerics;
using CoDe.Flow;

namespace CoDe.Cli.Options;

/// <summary>Options that are numbers, read as every other face reads them.</summary>
internal static class NumberOption
{
    /// <summary>Makes an option that is a finite number.</summary>
    public static Option<double?> Real(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = result => Parse<double?>(result, text => NumberText.Real(name, text)),
    };

    /// <summary>Makes an option that is a finite number, with a default.</summary>
    public static Option<double> Real(string name, string description, double byDefault) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => byDefault,
        CustomParser = result => Parse(result, text => NumberText.Real(name, text)),
    };

    /// <summary>Makes an option that is a whole number.</summary>
    public static Option<T?> Integer<T>(string name, string description)
        where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
        => new(name)
        {
            Description = description,
            CustomParser = result => Parse<T?>(result, text => NumberText.Integer<T>(name, text)),
        };

    /// <summary>Makes an option that is a whole number, with a default.</summary>
    public static Option<T> Integer<T>(string name, string description, T byDefault)
        where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
        => new(name)
        {
            Description = description,
            DefaultValueFactory = _ => byDefault,
            CustomParser = result => Parse(result, text => NumberText.Integer<T>(name, text)),
        };

    private static T? Parse<T>(ArgumentResult result, Func<string, T> read)
    {
        try
        {
            return read(result.Tokens[0].Value);
        }
        catch (InvalidSettingException error)
        {
            result.AddError(error.Message);
            return default;
        }
    }
}
