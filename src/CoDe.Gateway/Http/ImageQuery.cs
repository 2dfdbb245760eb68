using CoDe.Flow;
using CoDe.Protocol.V1;

namespace CoDe.Gateway.Http;

/// <summary>Reads a request for one image from a query: <c>label=star&amp;seed=7&amp;top_k=600</c>.</summary>
internal static class ImageQuery
{
    public const string Format = "format";
    public const string Label = "label";
    public const string Temperature = "temperature";

    private static readonly Dictionary<string, Action<GenerateRequest, string>> Fields = new(StringComparer.Ordinal)
    {
        ["model"] = (request, text) => request.Model = text,
        [Label] = (request, text) => request.Labels.Add(ClassNames.IsRange(text.Trim())
            ? throw new InvalidSettingException(Label, text, "one class")
            : text),
        ["seed"] = (request, text) => request.Seed = NumberText.Integer<ulong>("seed", text),
        ["steps"] = (request, text) => request.Steps = NumberText.Integer<uint>("steps", text),
        ["guidance"] = (request, text) => request.Settings.Guidance = NumberText.Real("guidance", text),
        ["top_k"] = (request, text) => request.Settings.TopK = NumberText.Integer<uint>("top_k", text),
        ["top_p"] = (request, text) => request.Settings.TopP = NumberText.Real("top_p", text),
        [Temperature] = (request, text) => request.Settings.Temperatures.AddRange(
            NumberText.Reals(Temperature, text, "a number, or one a scale with commas or temperature= between")),
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
}
