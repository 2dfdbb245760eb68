using System.Text;

namespace CoDe.EndToEnd.Hostile;

/// <summary>
/// Reads a server's HPACK block. The attacker's SETTINGS forbid a dynamic table. Of the static table it knows only the
/// status; any other name in it becomes <c>#index</c>. Huffman-coded text stays as it is; Kestrel sends none.
/// </summary>
internal ref struct HeaderReader(ReadOnlySpan<byte> block)
{
    private static readonly string[] Statuses = ["200", "204", "206", "304", "400", "404", "500"];

    private ReadOnlySpan<byte> _rest = block;

    public static Dictionary<string, string> Read(ReadOnlySpan<byte> block)
    {
        var headers = new Dictionary<string, string>();
        var reader = new HeaderReader(block);
        while (!reader._rest.IsEmpty)
        {
            reader.ReadField(headers);
        }

        return headers;
    }

    private static string NameAt(int index) => index is >= 8 and <= 14 ? ":status" : $"#{index}";

    private void ReadField(Dictionary<string, string> headers)
    {
        var first = _rest[0];
        if (first >= 128)
        {
            var index = Number(7);
            headers[NameAt(index)] = index is >= 8 and <= 14 ? Statuses[index - 8] : "";
            return;
        }

        if (first is >= 32 and < 64)
        {
            Number(5); // The table's size.
            return;
        }

        var named = Number(first >= 64 ? 6 : 4);
        var name = named == 0 ? Text() : NameAt(named);
        headers[name] = Text();
    }

    private string Text()
    {
        var length = Number(7);
        var text = Encoding.UTF8.GetString(_rest[..length]);
        _rest = _rest[length..];
        return text;
    }

    private int Number(int bits)
    {
        var limit = (1 << bits) - 1;
        var value = _rest[0] & limit;
        _rest = _rest[1..];
        if (value < limit)
        {
            return value;
        }

        for (var shift = 0; ; shift += 7)
        {
            var next = _rest[0];
            _rest = _rest[1..];
            value += (next & 127) << shift;
            if (next < 128)
            {
                return value;
            }
        }
    }
}
