using System.Text;

namespace CoDe.EndToEnd.Hostile;

/// <summary>
/// An HPACK block of "literals without indexing, new name" only (RFC 7541, 6.2.2), independent of what was sent before.
/// </summary>
internal sealed class HeaderBlock
{
    public const string Unary = "/code.v1.Generation/Generate";
    public const string Empty = "/code.v1.Generation/ListModels";
    public const string Streaming = "/code.v1.Generation/GenerateStream";
    public const string Edit = "/code.v1.Generation/Edit";

    private readonly List<byte> _bytes = [];

    public ReadOnlySpan<byte> Bytes => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_bytes);

    /// <summary>Headers of a valid call.</summary>
    public static HeaderBlock Call(string path)
        => Request("POST", path).Add("te", "trailers").Add("content-type", "application/grpc");

    public static HeaderBlock Request(string method, string path)
        => new HeaderBlock()
            .Add(":method", method).Add(":scheme", "http").Add(":path", path).Add(":authority", "localhost");

    /// <summary>Writes characters as Latin-1, so that values need not be UTF-8.</summary>
    public HeaderBlock Add(string name, string value) => Raw(0).Text(name).Text(value);

    public HeaderBlock Raw(params ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    private HeaderBlock Text(string text)
    {
        Length(text.Length);
        _bytes.AddRange(Encoding.Latin1.GetBytes(text));
        return this;
    }

    /// <summary>Writes an integer with a prefix of seven bits (RFC 7541, 5.1).</summary>
    private void Length(int value)
    {
        if (value < 127)
        {
            _bytes.Add((byte)value);
            return;
        }

        _bytes.Add(127);
        for (value -= 127; value >= 128; value >>= 7)
        {
            _bytes.Add((byte)(value | 128));
        }

        _bytes.Add((byte)value);
    }
}
