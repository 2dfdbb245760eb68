using System.Text.Json;
using CoDe.Flow;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace CoDe.Gateway.Http;

/// <summary>
/// Finds the value that <see cref="JsonParser"/> refused; its own error names neither place nor allowed values.
/// </summary>
internal static class JsonFault
{
    /// <summary>Characters of a value that are told.</summary>
    private const int Longest = 40;

    /// <returns>Null where no single field is at fault.</returns>
    /// <param name="text">Valid JSON.</param>
    public static InvalidSettingException? Find(string text, MessageDescriptor message)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return Find(json.RootElement, message, "");
        }
        catch (InvalidOperationException)
        {
            // A name with half a surrogate pair.
            return null;
        }
    }

    private static InvalidSettingException? Find(JsonElement json, MessageDescriptor message, string path)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            return new InvalidSettingException(path.Length == 0 ? "body" : path, Shorten(json), "an object in { }");
        }

        var fields = message.Fields.InDeclarationOrder();
        var prefix = path.Length == 0 ? "" : $"{path}.";
        return json.EnumerateObject()
            .Select(property => Find(property, fields, prefix + property.Name))
            .FirstOrDefault(fault => fault is not null);
    }

    private static InvalidSettingException? Find(JsonProperty property, IList<FieldDescriptor> fields, string path)
    {
        var field = JsonForm.FieldOf(property, fields);
        if (field is null)
        {
            return new InvalidSettingException("field", path, string.Join(", ", fields.Select(each => each.JsonName)));
        }

        if (Takes(field, property.Value))
        {
            return null;
        }

        return field is { FieldType: FieldType.Message, IsRepeated: false }
            ? Find(property.Value, field.MessageType, path)
            : Of(property.Value, field, path);
    }

    /// <summary>Makes the error of a value that a field does not take.</summary>
    public static InvalidSettingException Of(JsonElement value, FieldDescriptor field, string path)
        => new(path, Shorten(value), Allowed(field));

    private static bool Takes(FieldDescriptor field, JsonElement value)
    {
        try
        {
            JsonParser.Default.Parse($"{{\"{field.JsonName}\":{value.GetRawText()}}}", field.ContainingType);
            return true;
        }
        catch (Exception error) when (error is IOException
            or FormatException or OverflowException or ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }

    private static string Allowed(FieldDescriptor field)
    {
        var one = field.FieldType switch
        {
            FieldType.UInt32 => $"0 to {uint.MaxValue}",
            FieldType.UInt64 => $"0 to {ulong.MaxValue}",
            FieldType.Double => NumberText.AnyNumber,
            FieldType.Bool => "true, false",
            FieldType.Bytes => "base64",
            FieldType.Enum => string.Join(", ", field.EnumType.Values.Select(value => value.Name)),
            _ => "text",
        };
        return field.IsRepeated ? $"a list in [ ], each {one}" : one;
    }

    private static string Shorten(JsonElement value)
        => value.GetRawText() is { Length: > Longest } text ? $"{text[..Longest]}..." : value.GetRawText();
}
