using System.Collections;
using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace CoDe.Hosting.Options;

/// <summary>One setting of a service.</summary>
/// <param name="Key">As on the command line: <c>Drafter:Models:0:Name</c>; in the environment colons are two underscores.</param>
public sealed record OptionRow(string Key, string Default, string Description);

/// <summary>The settings of a service, read off its options classes: what <c>--help</c> prints and docs/configuration.md holds.</summary>
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
                IList list when Element(property.PropertyType) is { IsClass: true } element && element != typeof(string) => Rows($"{key}:0", Activator.CreateInstance(element)!),
                IList => [new OptionRow($"{key}:0", "", description)],
                string or ValueType => [new OptionRow(key, Convert.ToString(value, CultureInfo.InvariantCulture) ?? "", description)],
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
        var text = new StringBuilder($"The {name} of CoDe. Settings, on the command line as --KEY=VALUE, in the environment with __ for each colon, or in appsettings.json:\n\n");
        foreach (var row in all)
        {
            text.Append(CultureInfo.InvariantCulture, $"  --{row.Key.PadRight(width)}  {row.Description}{(row.Default.Length > 0 ? $" Default: {row.Default}." : "")}\n");
        }

        return text.Append("\n  --healthcheck  Ask the service that runs here whether it serves, and end with 0 if it does.\n").ToString();
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

    /// <summary>Lists the properties of base classes first.</summary>
    private static IEnumerable<PropertyInfo> Properties(Type type) => type.BaseType is null ? []
        : Properties(type.BaseType).Concat(type.GetProperties().Where(property => property.DeclaringType == type && property.IsDefined(typeof(DescriptionAttribute))));

    private static Type? Element(Type list) => list.GetGenericArguments().FirstOrDefault();
}
