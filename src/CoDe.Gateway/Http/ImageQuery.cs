using System.Globalization;
using System.Numerics;
using CoDe.Flow;
using CoDe.Protocol.V1;

namespace CoDe.Gateway.Http;

/// <summary>Reads a request for one image from a query: <c>label=star&amp;seed=7&amp;top_k=600</c>.</summary>
internal static class ImageQuery
{
    public const string Format = "format";
    public const string Label = "label";
    public const string Temperature = "temperature";

    private const string WholeNumber = "a whole number";
    private const string AnyNumber = "a number";

    private static readonly Dictionary<string, Action<GenerateRequest, string>> Fields = new(StringComparer.Ordinal)
    {
        ["model"] = (request, text) => request.Model = text,
        [Label] = (request, text) => request.Labels.Add(ClassNames.IsRange(text.Trim())
            ? throw new InvalidSettingException(Label, text, "one class")
            : text),
        ["seed"] = (request, text) => request.Seed = Number<ulong>("seed", text, $"0 to {ulong.MaxValue}"),
        ["steps"] = (request, text) => request.Steps = Number<uint>("steps", text, WholeNumber),
        ["guidance"] = (request, text) => request.Settings.Guidance = Number<double>("guidance", text, AnyNumber),
        ["top_k"] = (request, text) => request.Settings.TopK = Number<uint>("top_k", text, WholeNumber),
        ["top_p"] = (request, text) => request.Settings.TopP = Number<double>("top_p", text, AnyNumber),
        [Temperature] = (request, text) => request.Settings.Temperatures.Add(
            Number<double>(Temperature, text, "a number, or one a scale with temperature= before each")),
        ["smooth"] = (request, text) => request.Settings.Smooth = bool.TryParse(text, out var smooth)
            ? smooth
            : throw new InvalidSettingException("smooth", text, "true, false"),
        [Format] = (request, text) => request.Format = PictureType.ByName(text)?.Format
            ?? throw new InvalidSettingException(Format, text, string.Join(", ", FormatNames)),
    };

    public static IEnumerable<string> FieldNames => Fields.Keys;

    public static IEnumerable<string> FormatNames => PictureType.All.Select(type => type.Name);

    /// <param name="ending">The format that the address ends with; null where it has no ending.</param>
    /// <exception cref="InvalidSettingException">A field is unknown, given twice or out of its range.</exception>
    public static GenerateRequest Read(IQueryCollection query, PictureType? ending)
    {
        var request = new GenerateRequest { Settings = new Settings() };
        foreach (var (name, values) in query)
        {
            var read = Fields.GetValueOrDefault(name)
                ?? throw new InvalidSettingException("query field", name, string.Join(", ", FieldNames));
            if (values.Count > 1 && name != Temperature)
            {
                throw new InvalidSettingException(name, string.Join(" and ", values.ToArray()), "one");
            }

            foreach (var value in values)
            {
                read(request, value ?? "");
            }
        }

        if (ending is not null)
        {
            SetEnding(request, query, ending);
        }

        return request;
    }

    private static void SetEnding(GenerateRequest request, IQueryCollection query, PictureType ending)
    {
        if (query.ContainsKey(Format) && request.Format != ending.Format)
        {
            throw new InvalidSettingException(Format, query[Format].ToString(), $"{ending.Name}, as the address ends");
        }

        request.Format = ending.Format;
    }

    private static T Number<T>(string field, string text, string allowed)
        where T : INumber<T>
    {
        var style = typeof(T) == typeof(double) ? NumberStyles.Float : NumberStyles.None;
        return T.TryParse(text, style, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new InvalidSettingException(field, text.Length == 0 ? "empty" : text, allowed);
    }
}
