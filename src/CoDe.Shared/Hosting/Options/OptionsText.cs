using System.Collections;
using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace CoDe.Hosting.Options;

/// <summary>One setting of a service.</summary>
/// <param name="Key">Key on the command line, such as <c>Drafter:Models:0:Name</c>.</param>
/// <param name="IsInteger">Whether the value is a whole number.</param>
/// <param name="Former">Key of the setting that it replaces; null where there is none.</param>
public sealed record OptionRow(
    string Key, string Default, string Description, bool IsInteger = false, string? Former = null);

/// <summary>Marks a setting that replaces one of another name.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ReplacesAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}

/// <summary>The settings of a service from its options classes, for <c>--help</c> and docs/configuration.md.</summary>
public static class OptionsText
{
    /// <param name="defaults">Options as they are when nothing is configured.</param>
    public static IEnumerable<OptionRow> Rows(string section, object defaults)
    {
        foreach (var property in Properties(defaults.GetType()))
        {
            var (key, value) = ($"{section}:{property.Name}", property.GetValue(defaults));
            var description = property.GetCustomAttribute<DescriptionAttribute>()!.Description;
            var rows = value switch
            {
                IList when SectionElement(property.PropertyType) is { } element
                    => Rows($"{key}:0", Activator.CreateInstance(element)!),
                IList => [new OptionRow($"{key}:0", "", description, value is IList<int>)],
                string or ValueType =>
                    [new OptionRow(key, Text(value), description, value is int, Former(section, property))],
                null => [],
                _ => Rows(key, value),
            };
            foreach (var row in rows)
            {
                yield return row;
            }
        }
    }

    public static string Help(string name, IEnumerable<OptionRow> rows)
    {
        var all = rows.ToArray();
        var width = all.Max(row => row.Key.Length);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"The {name} of CoDe. ");
        text.Append("Settings, on the command line as --KEY=VALUE, in the environment with __ for each colon, ");
        text.Append("or in appsettings.json:\n\n");
        foreach (var row in all)
        {
            var value = row.Default.Length > 0 ? $" Default: {row.Default}." : "";
            text.Append(CultureInfo.InvariantCulture, $"  --{row.Key.PadRight(width)}  {row.Description}{value}\n");
        }

        text.Append("\n  --healthcheck  Ask the running service whether it serves, and exit with 0 if it does.\n");
        return text.ToString();
    }

    public static string Markdown(IEnumerable<OptionRow> rows)
    {
        var text = new StringBuilder("| setting | default | |\n|---|---|---|\n");
        foreach (var row in rows)
        {
            text.Append(CultureInfo.InvariantCulture, $"| `{row.Key}` | {row.Default} | {row.Description} |\n");
        }

        return text.ToString();
    }

    private static string? Former(string section, PropertyInfo property)
        => property.GetCustomAttribute<ReplacesAttribute>() is { } replaced ? $"{section}:{replaced.Name}" : null;

    /// <summary>Lists the properties of base classes first.</summary>
    private static IEnumerable<PropertyInfo> Properties(Type type)
    {
        if (type.BaseType is null)
        {
            return [];
        }

        var own = type.GetProperties()
            .Where(property => property.DeclaringType == type && property.IsDefined(typeof(DescriptionAttribute)));
        return Properties(type.BaseType).Concat(own);
    }

    /// <summary>Gets the element type of a list of sections; null for a list of values.</summary>
    private static Type? SectionElement(Type list)
        => list.GetGenericArguments().FirstOrDefault(element => element.IsClass && element != typeof(string));

    private static string Text(object? value) => value switch
    {
        // As in JSON, not as in C#.
        true => "true",
        false => "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
