using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using CoDe.Engine.Compute;
using CoDe.Flow;

namespace CoDe.Engine.Weights;

/// <summary>Writes safetensors files, a piece of a tensor at a time.</summary>
public static class SafetensorsWriter
{
    private const int ChunkElements = 1 << 18;
    private const int HeaderMultiple = 8;

    /// <summary>
    /// Writes every tensor of a checkpoint in one type, and its metadata. The file gets its name when it is whole.
    /// </summary>
    /// <param name="toDevice">Whether the file is on the device when it gets its name.</param>
    /// <exception cref="CheckpointException">It cannot be written; nothing is left behind.</exception>
    public static void Write(string path, Checkpoint checkpoint, ElementType type, bool toDevice = false)
    {
        try
        {
            WholeFile.Write(
                path, type,
                (file, stored) =>
                {
                    WriteHeader(file, checkpoint, stored);
                    foreach (var name in checkpoint.Tensors.Keys)
                    {
                        WriteTensor(file, checkpoint, name, stored);
                    }
                },
                toDevice);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{path} cannot be written: {error.Message}", error);
        }
    }

    private static void WriteHeader(FileStream file, Checkpoint checkpoint, ElementType type)
    {
        var header = new SortedDictionary<string, object>(StringComparer.Ordinal);
        if (checkpoint.Metadata.Count > 0)
        {
            header[SafetensorsFile.MetadataName] = checkpoint.Metadata;
        }

        var offset = 0L;
        foreach (var (name, tensor) in checkpoint.Tensors)
        {
            var bytes = tensor.Shape.Aggregate((long)type.Size(), (product, size) => product * size);
            long[] range = [offset, offset + bytes];
            header[name] = new { dtype = NameOf(type), shape = tensor.Shape, data_offsets = range };
            offset += bytes;
        }

        var json = JsonSerializer.Serialize(header);
        var length = (json.Length + HeaderMultiple - 1) / HeaderMultiple * HeaderMultiple;
        Span<byte> prefix = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, length);
        file.Write(prefix);
        file.Write(Encoding.ASCII.GetBytes(json.PadRight(length)));
    }

    private static void WriteTensor(FileStream file, Checkpoint checkpoint, string name, ElementType type)
    {
        using var source = checkpoint.Open(name);
        var values = new float[Math.Min(source.Count, ChunkElements)];
        var bytes = new byte[values.Length * type.Size()];
        for (var start = 0L; start < source.Count; start += values.Length)
        {
            var count = (int)Math.Min(values.Length, source.Count - start);
            source.Read(start, values.AsSpan(0, count));
            ElementConversion.FromSingle(values.AsSpan(0, count), bytes, type);
            file.Write(bytes, 0, count * type.Size());
        }
    }

    private static string NameOf(ElementType type) => type switch
    {
        ElementType.Float16 => "F16",
        ElementType.BFloat16 => "BF16",
        ElementType.Int32 => "I32",
        _ => "F32",
    };
}
