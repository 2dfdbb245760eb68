using System.Globalization;
using System.Text.RegularExpressions;
using CoDe.Flow;
using Microsoft.Extensions.Configuration;

namespace CoDe.Hosting.Options;

/// <summary>Invalid settings; the message names each, its value and what is allowed.</summary>
public sealed class OptionsException(IReadOnlyList<string> problems) : InputException(string.Join("; ", problems))
{
    /// <exception cref="OptionsException">There is a problem.</exception>
    public static void ThrowIfAny(IEnumerable<string> problems)
    {
        var all = problems.ToArray();
        if (all.Length > 0)
        {
            throw new OptionsException(all);
        }
    }
}

/// <summary>Reads options from configuration.</summary>
public static partial class OptionsReading
{
    /// <summary>Reads a section into options, over their defaults, and checks them.</summary>
    /// <exception cref="OptionsException">A setting is unknown or invalid.</exception>
    public static T Read<T>(this IConfiguration configuration, string section, T options)
        where T : ServiceOptions
    {
        OptionRow[] rows = [.. OptionsText.Rows(section, options)];
        OptionsException.ThrowIfAny(UnknownKeys(configuration.GetSection(section), rows));
        try
        {
            var values = WithPlainIntegers(configuration.GetSection(section), rows);
            values.GetSection(section).Bind(options, binder => binder.ErrorOnUnknownConfiguration = true);
        }
        catch (InvalidSettingException error)
        {
            throw new OptionsException([error.Message.TrimEnd('.')]);
        }
        catch (InvalidOperationException error)
        {
            throw new OptionsException([Cause(error).Message]);
        }

        OptionsException.ThrowIfAny(options.Problems(section));
        return options;
    }

    internal static string Unknown(string setting) => $"unknown setting '{setting}'; --help lists all settings";

    /// <summary>
    /// Copies a section with its integers as digits. The binder would take other texts than the other faces, such as
    /// 0x10.
    /// </summary>
    /// <exception cref="InvalidSettingException">A value is no whole number.</exception>
    private static IConfigurationRoot WithPlainIntegers(IConfigurationSection section, OptionRow[] rows)
    {
        var integers = rows.Where(row => row.IsInteger).Select(row => row.Key)
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        var values = section.AsEnumerable().Select(entry => new KeyValuePair<string, string?>(
            entry.Key,
            entry.Value is { } text && integers.Contains(Number().Replace(entry.Key, ":0"))
                ? NumberText.Integer<int>(entry.Key, text).ToString(CultureInfo.InvariantCulture)
                : entry.Value));
        return new ConfigurationBuilder().AddInMemoryCollection(values).Build();
    }

    private static IEnumerable<string> UnknownKeys(IConfigurationSection section, OptionRow[] rows)
    {
        string[] known = [.. rows.Select(row => row.Key)];
        return section.AsEnumerable()
            .Where(entry => entry.Value is not null && !IsKnown(entry.Key, entry.Value))
            .Select(entry => rows.FirstOrDefault(row => IsFormer(row, entry.Key)) is { } row
                ? $"setting '{entry.Key}' is replaced by {row.Key}: {row.Description}"
                : Unknown(entry.Key))
            .Order(StringComparer.Ordinal);

        // An empty list in a file has an empty value.
        bool IsKnown(string key, string value)
            => known.Contains(Number().Replace(key, ":0"), StringComparer.OrdinalIgnoreCase)
                || (value.Length == 0 && known.Any(row => IsBelow(row, key)));
    }

    private static bool IsFormer(OptionRow row, string key)
        => string.Equals(row.Former, Number().Replace(key, ":0"), StringComparison.OrdinalIgnoreCase);

    private static bool IsBelow(string row, string key)
        => row.StartsWith($"{key}:", StringComparison.OrdinalIgnoreCase);

    /// <summary>Finds the innermost error, which names the value; for lists the outer ones name the list.</summary>
    private static InvalidOperationException Cause(InvalidOperationException error)
        => error.InnerException is InvalidOperationException inner ? Cause(inner) : error;

    [GeneratedRegex(@":\d+(?=:|$)", RegexOptions.CultureInvariant)]
    private static partial Regex Number();
}
