using System.Text.RegularExpressions;
using CoDe.Flow;
using Microsoft.Extensions.Configuration;

namespace CoDe.Hosting.Options;

/// <summary>Options are wrong; the message names each with what would be right.</summary>
public sealed class OptionsException(IReadOnlyList<string> problems) : InputException(string.Join("; ", problems))
{
    /// <exception cref="OptionsException">There are problems.</exception>
    public static void ThrowIfAny(IEnumerable<string> problems)
    {
        var all = problems.ToArray();
        if (all.Length > 0)
        {
            throw new OptionsException(all);
        }
    }
}

public static partial class OptionsReading
{
    /// <summary>Reads a section into options, over their defaults, and checks them.</summary>
    /// <exception cref="OptionsException">Something in it is wrong.</exception>
    public static T Read<T>(this IConfiguration configuration, string section, T options)
        where T : ServiceOptions
    {
        OptionsException.ThrowIfAny(Unknown(configuration, section, options));
        try
        {
            configuration.GetSection(section).Bind(options, binder => binder.ErrorOnUnknownConfiguration = true);
        }
        catch (InvalidOperationException error)
        {
            throw new OptionsException([Cause(error).Message]);
        }

        OptionsException.ThrowIfAny(options.Problems(section));
        return options;
    }

    private static IEnumerable<string> Unknown(IConfiguration configuration, string section, object options)
    {
        string[] known = [.. OptionsText.Rows(section, options).Select(row => row.Key)];
        return configuration.GetSection(section).AsEnumerable().Where(entry => entry.Value is not null && !IsKnown(entry.Key, entry.Value)).Select(entry => $"{entry.Key} is no setting; --help lists them").Order(StringComparer.Ordinal);

        // An empty value is what an empty list of a file comes to.
        bool IsKnown(string key, string value) => known.Contains(Number().Replace(key, ":0"), StringComparer.OrdinalIgnoreCase)
            || (value.Length == 0 && known.Any(row => row.StartsWith($"{key}:", StringComparison.OrdinalIgnoreCase)));
    }

    /// <summary>Finds the innermost error, which names the value: for lists the outer ones only say that something is wrong.</summary>
    private static InvalidOperationException Cause(InvalidOperationException error) => error.InnerException is InvalidOperationException inner ? Cause(inner) : error;

    [GeneratedRegex(@":\d+(?=:|$)", RegexOptions.CultureInvariant)]
    private static partial Regex Number();
}
