using System.Globalization;
using System.Numerics;
using CoDe.Flow;
using CoDe.Protocol.V1;

namespace CoDe.Gateway.Http;

/// <summary>A request for one image as the query of an address: <c>label=star&amp;seed=7&amp;top_k=600</c>.</summary>
internal static class ImageQuery
{
    private static readonly Dictionary<string, Action<GenerateRequest, string>> Fields = new(StringComparer.Ordinal)
    {
        ["model"] = (request, text) => request.Model = text,
        ["label"] = (request, text) => request.Labels.Add(text),
        ["seed"] = (request, text) => request.Seed = Number<ulong>("seed", text, $"0 to {ulong.MaxValue}"),
        ["steps"] = (request, text) => request.Steps = Number<uint>("steps", text, "a whole number"),
        ["guidance"] = (request, text) => request.Settings.Guidance = Number<double>("guidance", text, "a number"),
        ["top_k"] = (request, text) => request.Settings.TopK = Number<uint>("top_k", text, "a whole number"),
        ["top_p"] = (request, text) => request.Settings.TopP = Number<double>("top_p", text, "a number"),
        ["temperature"] = (request, text) => request.Settings.Temperatures.Add(Number<double>("temperature", text, "a number, or one a scale with temperature= before each")),
        ["smooth"] = (request, text) => request.Settings.Smooth = bool.TryParse(text, out var smooth) ? smooth : throw new InvalidSettingException("smooth", text, "true, false"),
    };

    /// <exception cref="InvalidSettingException">A field is unknown, given twice or no number.</exception>
    public static GenerateRequest Read(IQueryCollection query)
    {
        var request = new GenerateRequest { Settings = new Settings() };
        foreach (var (name, values) in query)
        {
            var read = Fields.GetValueOrDefault(name) ?? throw new InvalidSettingException("query field", name, string.Join(", ", Fields.Keys));
            if (values.Count > 1 && name != "temperature")
            {
                throw new InvalidSettingException(name, string.Join(" and ", values.ToArray()), "one");
            }

            foreach (var value in values)
            {
                read(request, value ?? "");
            }
        }

        return request;
    }

    private static T Number<T>(string field, string text, string allowed)
        where T : INumber<T>
        => T.TryParse(text, typeof(T) == typeof(double) ? NumberStyles.Float : NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
            : throw new InvalidSettingException(field, text.Length == 0 ? "empty" : text, allowed);
}
