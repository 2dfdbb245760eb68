using System.Collections;
using System.Text;

namespace Grpc.Core;

/// <summary>Headers or trailers of a call, in order. Keys are lower case; those that end in <c>-bin</c> have binary values.</summary>
public sealed class Metadata : IList<Metadata.Entry>
{
    public const string BinaryHeaderSuffix = "-bin";

    /// <summary>No entries, and none can be added.</summary>
    public static readonly Metadata Empty = new() { IsReadOnly = true };

    private readonly List<Entry> _entries = [];

    public int Count => _entries.Count;

    public bool IsReadOnly { get; private init; }

    public Entry this[int index]
    {
        get => _entries[index];
        set => Writable()[index] = value;
    }

    /// <summary>The last entry of a key, or null.</summary>
    public Entry? Get(string key) => _entries.FindLast(entry => entry.Key.Equals(key, StringComparison.OrdinalIgnoreCase));

    public string? GetValue(string key) => Get(key)?.Value;

    public byte[]? GetValueBytes(string key) => Get(key)?.ValueBytes;

    public IEnumerable<Entry> GetAll(string key) => _entries.Where(entry => entry.Key.Equals(key, StringComparison.OrdinalIgnoreCase));

    public void Add(Entry item)
    {
        ArgumentNullException.ThrowIfNull(item);
        Writable().Add(item);
    }

    public void Add(string key, string value) => Add(new Entry(key, value));

    public void Add(string key, byte[] valueBytes) => Add(new Entry(key, valueBytes));

    public int IndexOf(Entry item) => _entries.IndexOf(item);

    public void Insert(int index, Entry item) => Writable().Insert(index, item);

    public void RemoveAt(int index) => Writable().RemoveAt(index);

    public bool Remove(Entry item) => Writable().Remove(item);

    public void Clear() => Writable().Clear();

    public bool Contains(Entry item) => _entries.Contains(item);

    public void CopyTo(Entry[] array, int arrayIndex) => _entries.CopyTo(array, arrayIndex);

    public IEnumerator<Entry> GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private List<Entry> Writable() => IsReadOnly ? throw new InvalidOperationException("Object is read only") : _entries;

    /// <summary>One header.</summary>
    public sealed class Entry
    {
        private readonly string? _value;
        private readonly byte[]? _bytes;

        public Entry(string key, string value)
        {
            Key = Normalize(key);
            ArgumentNullException.ThrowIfNull(value);
            _value = IsBinary ? throw new ArgumentException("Cannot use string value for a binary header", nameof(value)) : value;
        }

        public Entry(string key, byte[] valueBytes)
        {
            Key = Normalize(key);
            ArgumentNullException.ThrowIfNull(valueBytes);
            _bytes = IsBinary ? [.. valueBytes] : throw new ArgumentException($"The key of a binary value must end in {BinaryHeaderSuffix}", nameof(key));
        }

        public string Key { get; }

        public bool IsBinary => Key.EndsWith(BinaryHeaderSuffix, StringComparison.Ordinal);

        public string Value => _value ?? throw new InvalidOperationException("Cannot access string value of a binary metadata entry");

        public byte[] ValueBytes => _bytes is null ? Encoding.ASCII.GetBytes(_value!) : [.. _bytes];

        public override string ToString() => IsBinary ? $"[Entry: key={Key}, valueBytes={Convert.ToBase64String(_bytes!)}]" : $"[Entry: key={Key}, value={_value}]";

        /// <summary>Whether a name, in any case, can be a key.</summary>
        internal static bool IsKey(string name)
            => name.Length > 0 && name.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '_' or '-');

        private static string Normalize(string key)
        {
            ArgumentNullException.ThrowIfNull(key);
            return IsKey(key)
                ? key.ToLowerInvariant()
                : throw new ArgumentException("Metadata keys have letters, digits, underscores, hyphens and dots only.", nameof(key));
        }
    }
}
