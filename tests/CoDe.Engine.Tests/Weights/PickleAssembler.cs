using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace CoDe.Engine.Tests.Weights;

/// <summary>Writes pickles opcode by opcode, and the zip files that carry them: what no honest program would.</summary>
internal static class PickleAssembler
{
    public static byte[] Global(string module, string name)
        => [(byte)'c', .. Encoding.UTF8.GetBytes($"{module}\n{name}\n")];

    public static byte[] Text(string text) => [(byte)'X', .. U32((uint)text.Length), .. Encoding.UTF8.GetBytes(text)];

    public static byte[] Integer(int value) => [(byte)'J', .. U32((uint)value)];

    public static byte[] U32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }

    public static byte[] U64(ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes;
    }

    public static byte[] Program(params byte[][] parts) => [0x80, 2, .. parts.SelectMany(part => part), (byte)'.'];

    /// <summary>A dictionary of one tensor whose every number is given.</summary>
    public static byte[] Tensor(
        string storage = "FloatStorage", int elements = 4, int offset = 0,
        int[]? sizes = null, int[]? strides = null, string key = "0") => Program(
        [(byte)'}'], Text("w"), Global("torch._utils", "_rebuild_tensor_v2"), [(byte)'('],
        [(byte)'('], Text("storage"), Global("torch", storage),
        Text(key), Text("cpu"), Integer(elements), [(byte)'t', (byte)'Q'],
        Integer(offset), Tuple(sizes ?? [4]), Tuple(strides ?? [1]),
        [0x89, (byte)'}'], [(byte)'t', (byte)'R', (byte)'s']);

    public static byte[] Tuple(int[] values) => [(byte)'(', .. values.SelectMany(Integer), (byte)'t'];

    /// <summary>The zip that carries a pickle and sixteen bytes of data.</summary>
    public static byte[] Zip(
        byte[] pickle, CompressionLevel compression = CompressionLevel.NoCompression, string root = "archive/")
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add(zip, root + "data.pkl", pickle, compression);
            Add(zip, root + "data/0", new byte[16], compression);
        }

        return stream.ToArray();
    }

    private static void Add(ZipArchive zip, string name, byte[] content, CompressionLevel compression)
    {
        using var entry = zip.CreateEntry(name, compression).Open();
        entry.Write(content);
    }
}
