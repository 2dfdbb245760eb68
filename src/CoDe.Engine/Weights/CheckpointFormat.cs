using System.Text;

namespace CoDe.Engine.Weights;

/// <summary>Tells file formats apart by how they begin, those that are met by mistake among them.</summary>
internal static class CheckpointFormat
{
    private const int Beginning = 64;

    /// <exception cref="CheckpointException">It is no checkpoint that can be read.</exception>
    public static Checkpoint Open(CheckpointFile file)
    {
        var bytes = new byte[Math.Min(Beginning, file.Length)];
        file.Read(0, bytes);
        if (bytes.AsSpan().StartsWith("PK"u8))
        {
            return new PthFile(file);
        }

        if (IsJson(bytes))
        {
            return new ShardedCheckpoint(file);
        }

        if (bytes.Length > 8 && bytes[8] == '{')
        {
            return new SafetensorsFile(file);
        }

        throw file.Invalid(Describe(bytes));
    }

    /// <summary>
    /// Gets whether it begins as a JSON object does. A safetensors file begins with the length of its header, whose
    /// last bytes are zeroes.
    /// </summary>
    private static bool IsJson(byte[] bytes)
        => Encoding.Latin1.GetString(bytes).TrimStart() is ['{', var next, ..]
            && (next == '"' || char.IsWhiteSpace(next))
            && !bytes.AsSpan(0, Math.Min(8, bytes.Length)).Contains((byte)0);

    private static string Describe(byte[] bytes)
    {
        var text = Encoding.Latin1.GetString(bytes).TrimStart();
        return bytes.Length == 0 ? "it is empty"
            : text.StartsWith("version https://git-lfs", StringComparison.Ordinal)
                ? "it is a git-lfs pointer, not the file it points to; fetch that with 'git lfs pull'"
            : text.StartsWith('<') ? "it is a web page, not a checkpoint; the download went wrong"
            : bytes[0] == 0x80
                ? "it is a pickle in the format of PyTorch before 1.6; "
                    + "load it with torch.load and write it again with torch.save"
            : "it is neither a zip file as torch.save writes it nor a safetensors file";
    }
}
