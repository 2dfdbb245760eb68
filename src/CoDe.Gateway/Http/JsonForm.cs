using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CoDe.Flow;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace CoDe.Gateway.Http;

/// <summary>
/// Rewrites what the JSON mapping of Protocol Buffers and people's habits allow and <see cref="JsonParser"/> does not:
/// base64 of either alphabet, padded or not, as a data URI or not; numbers as text. Integers keep all of their digits,
/// which the parser reads as double. Other values stay as they are.
/// </summary>
internal static class JsonForm
{
    private const string DataUri = "data:";
    private const string Base64Sign = ";base64,";

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <exception cref="InvalidSettingException">
    /// The text is no JSON, has a field twice, or no number or base64 where one belongs.
    /// </exception>
    public static string Of(string text, MessageDescriptor message)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            var bytes = new ArrayBufferWriter<byte>(text.Length + 1);
            using (var writer = new Utf8JsonWriter(bytes, Plain))
            {
                Write(json.RootElement, message, "", writer);
            }

            return Encoding.UTF8.GetString(bytes.WrittenSpan);
        }
        catch (JsonException error)
        {
            // Its message ends with where, counted from 0; readers count from 1.
            throw new InvalidSettingException(
                "body", $"no JSON at line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}",
                $"a {message.Name} as JSON");
        }
        catch (InvalidOperationException)
        {
            // A name with half a surrogate pair.
            return text;
        }
    }

    /// <returns>Null for a property that the message does not have.</returns>
    public static FieldDescriptor? FieldOf(JsonProperty property, IEnumerable<FieldDescriptor> fields)
        => fields.FirstOrDefault(each => property.NameEquals(each.JsonName) || property.NameEquals(each.Name));

    private static void Write(JsonElement json, MessageDescriptor message, string path, Utf8JsonWriter writer)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            json.WriteTo(writer);
            return;
        }

        var fields = message.Fields.InDeclarationOrder();
        var seen = new HashSet<FieldDescriptor>();
        writer.WriteStartObject();
        foreach (var property in json.EnumerateObject())
        {
            writer.WritePropertyName(property.Name);
            if (FieldOf(property, fields) is not { } field)
            {
                property.Value.WriteTo(writer);
            }
            else if (seen.Add(field))
            {
                Write(property.Value, field, path + property.Name, writer);
            }
            else
            {
                throw new InvalidSettingException(path + property.Name, "given twice", "one");
            }
        }

        writer.WriteEndObject();
    }

    private static void Write(JsonElement value, FieldDescriptor field, string path, Utf8JsonWriter writer)
    {
        if (!field.IsRepeated || value.ValueKind != JsonValueKind.Array)
        {
            WriteOne(value, field, path, writer);
            return;
        }

        writer.WriteStartArray();
        foreach (var each in value.EnumerateArray())
        {
            WriteOne(each, field, path, writer);
        }

        writer.WriteEndArray();
    }

    private static void WriteOne(JsonElement value, FieldDescriptor field, string path, Utf8JsonWriter writer)
    {
        switch ((field.FieldType, value.ValueKind))
        {
            case (FieldType.Message, _):
                Write(value, field.MessageType, $"{path}.", writer);
                break;
            case (FieldType.UInt32 or FieldType.UInt64, JsonValueKind.Number or JsonValueKind.String):
                writer.WriteStringValue(Integer(value, field, path).ToString(CultureInfo.InvariantCulture));
                break;
            case (FieldType.Double, JsonValueKind.Number or JsonValueKind.String):
                writer.WriteNumberValue(
                    NumberText.TryReal(TextOf(value), out var real) ? real : throw JsonFault.Of(value, field, path));
                break;
            case (FieldType.Bytes, JsonValueKind.String):
                var digits = PlainBase64(value.GetString()!);
                writer.WriteStringValue(Base64.IsValid(digits) ? digits : throw JsonFault.Of(value, field, path));
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    private static ulong Integer(JsonElement value, FieldDescriptor field, string path)
    {
        var most = field.FieldType == FieldType.UInt32 ? uint.MaxValue : ulong.MaxValue;
        return NumberText.TryInteger<ulong>(TextOf(value), out var whole) && whole <= most
            ? whole
            : throw JsonFault.Of(value, field, path);
    }

    private static string TextOf(JsonElement number)
        => number.ValueKind == JsonValueKind.String ? number.GetString()! : number.GetRawText();

    private static string PlainBase64(string text)
    {
        if (text.StartsWith(DataUri, StringComparison.Ordinal)
            && text.IndexOf(Base64Sign, StringComparison.Ordinal) is >= 0 and var start)
        {
            text = text[(start + Base64Sign.Length)..];
        }

        var digits = text.TrimEnd('=').Replace('-', '+').Replace('_', '/');
        return digits.PadRight((digits.Length + 3) / 4 * 4, '=');
    }
}
