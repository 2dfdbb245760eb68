using System.Buffers.Binary;
using System.Text.Json;
using CoDe.Engine.Compute;
using CoDe.Flow;

namespace CoDe.Engine.Weights;

/// <summary>
/// Safetensors file: eight bytes of header length, a JSON header of names, types, shapes and offsets, then the data.
/// </summary>
public sealed class SafetensorsFile : Checkpoint
{
    /// <summary>Name in the header of what is no tensor.</summary>
    internal const string MetadataName = "__metadata__";

    private const long LargestHeader = 100_000_000;

    private readonly CheckpointFile _file;
    private readonly Dictionary<string, TensorInfo> _tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _offsets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);

    internal SafetensorsFile(CheckpointFile file)
        : base(file.Path)
    {
        _file = file;
        Span<byte> prefix = stackalloc byte[8];
        file.Read(0, prefix);
        var length = BinaryPrimitives.ReadInt64LittleEndian(prefix);
        if (length < 2 || length > LargestHeader || length > file.Length - 8)
        {
            throw file.Corrupt(0, $"the header is said to be {length} bytes long, the file has {file.Length}");
        }

        var header = new byte[length];
        file.Read(8, header);
        Read(header);
    }

    public override IReadOnlyDictionary<string, TensorInfo> Tensors => _tensors;

    public override IReadOnlyDictionary<string, string> Metadata => _metadata;

    public override WeightSource Open(string name)
    {
        var info = Readable(name, Find(_tensors, name));
        return new FileTensor(_file, name, info, _offsets[name]);
    }

    protected override void Dispose(bool disposing)
    {
        _file.Dispose();
        base.Dispose(disposing);
    }

    private void Read(byte[] header)
    {
        try
        {
            using var document = JsonDocument.Parse(header, new JsonDocumentOptions { MaxDepth = 4 });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw _file.Corrupt(8, "the header is no JSON object");
            }

            var regions = new List<(long Start, long End, string Name)>();
            foreach (var entry in document.RootElement.EnumerateObject())
            {
                if (entry.Name == MetadataName)
                {
                    ReadMetadata(entry.Value);
                }
                else
                {
                    regions.Add(ReadTensor(entry, 8 + header.Length));
                }
            }

            CheckOverlap(regions);
        }
        catch (Exception error)
            when (error is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new CheckpointException(
                $"{Path} is corrupt: its header is not what a safetensors header is ({error.Message}).", error);
        }
    }

    /// <summary>Takes the texts; metadata of another form is ignored.</summary>
    private void ReadMetadata(JsonElement metadata)
    {
        if (metadata.ValueKind == JsonValueKind.Object)
        {
            var texts = metadata.EnumerateObject().Where(each => each.Value.ValueKind == JsonValueKind.String);
            foreach (var entry in texts)
            {
                _metadata[entry.Name] = entry.Value.GetString()!;
            }
        }
    }

    private (long Start, long End, string Name) ReadTensor(JsonProperty entry, long dataStart)
    {
        var typeName = entry.Value.GetProperty("dtype").GetString();
        var type = ElementTypeOf(typeName);
        long[] sizes = [.. entry.Value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())];
        long[] offsets =
            [.. entry.Value.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt64())];
        var count = TensorShape.Count(sizes)
            ?? throw _file.Corrupt(8, $"{entry.Name} is said to have the shape {string.Join(" x ", sizes.Take(20))}");
        if (offsets is not [var start, var end]
            || start < 0 || end < start || end > _file.Length - dataStart
            || (type != ElementType.Foreign && end - start != count * type.Size()))
        {
            var range = string.Join(" to ", offsets.Take(3));
            throw _file.Corrupt(
                8, $"{entry.Name} of {count} {type} is said to lie in bytes {range} of {_file.Length - dataStart}");
        }

        var info = new TensorInfo(
            type, [.. sizes.Select(size => (int)size)],
            type == ElementType.Foreign ? Printable.Of(typeName ?? "", 32) : null);
        if (!_tensors.TryAdd(entry.Name, info))
        {
            throw _file.Corrupt(8, $"{entry.Name} stands in it twice");
        }

        _offsets[entry.Name] = dataStart + start;
        return (start, end, entry.Name);
    }

    private void CheckOverlap(List<(long Start, long End, string Name)> regions)
    {
        regions.Sort();
        for (var i = 1; i < regions.Count; i++)
        {
            if (regions[i].Start < regions[i - 1].End)
            {
                throw _file.Corrupt(8, $"{regions[i - 1].Name} and {regions[i].Name} share bytes");
            }
        }
    }

    private static ElementType ElementTypeOf(string? name) => name switch
    {
        "F32" => ElementType.Float32,
        "F16" => ElementType.Float16,
        "BF16" => ElementType.BFloat16,
        "F64" => ElementType.Float64,
        "I64" => ElementType.Int64,
        "I32" => ElementType.Int32,
        "I16" => ElementType.Int16,
        "I8" => ElementType.Int8,
        "U8" => ElementType.UInt8,
        "BOOL" => ElementType.Bool,
        _ => ElementType.Foreign,
    };
}
