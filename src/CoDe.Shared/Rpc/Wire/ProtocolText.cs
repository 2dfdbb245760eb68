using System.Globalization;
using System.Text;

namespace Grpc.Core.Wire;

/// <summary>The textual parts of gRPC over HTTP/2: names, timeouts and percent-encoded messages (PROTOCOL-HTTP2.md, "Requests", "Responses").</summary>
internal static class ProtocolText
{
    public const string ContentType = "application/grpc";
    public const string StatusHeader = "grpc-status";
    public const string MessageHeader = "grpc-message";
    public const string TimeoutHeader = "grpc-timeout";
    public const string EncodingHeader = "grpc-encoding";
    public const string AcceptEncodingHeader = "grpc-accept-encoding";
    public const string UserAgent = "grpc-dotnet/code";
    public const string Identity = "identity";
    public const string Gzip = "gzip";
    public const string AcceptedEncodings = $"{Identity},{Gzip}";

    private const int MostTimeoutDigits = 8;

    private static readonly string[] Numbers = [.. Enumerable.Range(0, 17).Select(code => code.ToString(CultureInfo.InvariantCulture))];

    public static bool IsGrpc(string? contentType) => contentType is not null
        && contentType.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == ContentType.Length || contentType[ContentType.Length] is '+' or ';');

    /// <summary>Whether <c>grpc-accept-encoding</c> names gzip.</summary>
    public static bool AcceptsGzip(string? encodings) => encodings is not null && encodings.Split(',').Any(name => name.Trim() == Gzip);

    /// <summary>The number of a status code as text.</summary>
    public static string NumberOf(StatusCode code) => (int)code is >= 0 and < 17 ? Numbers[(int)code] : ((int)code).ToString(CultureInfo.InvariantCulture);

    /// <summary>At most eight digits and a unit; the finest unit that fits.</summary>
    public static string FormatTimeout(TimeSpan timeout)
    {
        var ticks = Math.Max(1, timeout.Ticks);
        (long Value, char Unit)[] choices = [(ticks * 100 / 1000, 'u'), (ticks / TimeSpan.TicksPerMillisecond, 'm'), (ticks / TimeSpan.TicksPerSecond, 'S'), (ticks / TimeSpan.TicksPerMinute, 'M')];
        var (value, unit) = choices.FirstOrDefault(choice => choice.Value < 100_000_000, (99_999_999, 'H'));
        return value.ToString(CultureInfo.InvariantCulture) + unit;
    }

    /// <summary>The timeout of a header, or null where it is none.</summary>
    public static TimeSpan? ParseTimeout(string text)
    {
        if (text.Length < 2 || text.Length > MostTimeoutDigits + 1 || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var value))
        {
            return null;
        }

        long? unit = text[^1] switch
        {
            'n' => -1,
            'u' => TimeSpan.TicksPerMicrosecond,
            'm' => TimeSpan.TicksPerMillisecond,
            'S' => TimeSpan.TicksPerSecond,
            'M' => TimeSpan.TicksPerMinute,
            'H' => TimeSpan.TicksPerHour,
            _ => null,
        };
        return unit is null ? null : TimeSpan.FromTicks(unit < 0 ? value / 100 : value * unit.Value);
    }

    /// <summary>UTF-8 with everything but printable ASCII, and '%', as %XX.</summary>
    public static string PercentEncode(string message)
    {
        if (message.All(character => character is >= ' ' and <= '~' and not '%'))
        {
            return message;
        }

        var encoded = new StringBuilder();
        foreach (var value in Encoding.UTF8.GetBytes(message))
        {
            _ = value is >= (byte)' ' and <= (byte)'~' and not (byte)'%'
                ? encoded.Append((char)value)
                : encoded.Append(CultureInfo.InvariantCulture, $"%{value:X2}");
        }

        return encoded.ToString();
    }

    /// <summary>The reverse; what is no valid encoding stays as it is.</summary>
    public static string PercentDecode(string text)
    {
        if (!text.Contains('%', StringComparison.Ordinal))
        {
            return text;
        }

        var bytes = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%' && i + 2 < text.Length && byte.TryParse(text.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            {
                bytes.Add(value);
                i += 2;
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(text, i, 1));
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }
}
