using System.Buffers;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;

namespace CoDe.Engine.Weights;

/// <summary>
/// Identifies the weights of a model: XxHash128 over the names, shapes and float32 values of the tensors that the model
/// needs. The same numbers have the same digest in any file format, and in any element type that holds them exactly.
/// </summary>
public static class WeightDigest
{
    /// <summary>Values hashed at a time: 256 KiB stay in the second-level cache.</summary>
    private const int Chunk = 1 << 16;

    /// <param name="within">Prefix of the model's tensors in the checkpoint.</param>
    /// <returns>32 hexadecimal digits.</returns>
    /// <exception cref="CheckpointException">A tensor is missing or cannot be read.</exception>
    public static string Of(Checkpoint checkpoint, string within, Manifest manifest)
    {
        string[] names = [.. manifest.Needed.Select(tensor => tensor.Name).Order(StringComparer.Ordinal)];
        var hashes = new byte[names.Length][];
        Parallel.For(0, names.Length, i => hashes[i] = HashOf(checkpoint, within + names[i]));
        return Combine([.. names.Zip(hashes, (name, hash) => (byte[])[.. Encoding.UTF8.GetBytes(name), .. hash])]);
    }

    /// <summary>Combines digests in their order.</summary>
    public static string Combine(params IReadOnlyList<string> digests)
        => Combine([.. digests.Select(Encoding.ASCII.GetBytes)]);

    private static string Combine(IReadOnlyList<byte[]> parts)
    {
        var all = new XxHash128();
        foreach (var part in parts)
        {
            all.Append(part);
        }

        return Convert.ToHexStringLower(all.GetCurrentHash());
    }

    private static byte[] HashOf(Checkpoint checkpoint, string name)
    {
        using var tensor = checkpoint.Open(name);
        var hash = new XxHash128();
        foreach (var size in tensor.Shape)
        {
            hash.Append(BitConverter.GetBytes(size));
        }

        var values = ArrayPool<float>.Shared.Rent(Chunk);
        for (var start = 0L; start < tensor.Count; start += Chunk)
        {
            var chunk = values.AsSpan(0, (int)Math.Min(Chunk, tensor.Count - start));
            tensor.Read(start, chunk);
            hash.Append(MemoryMarshal.AsBytes(chunk));
        }

        ArrayPool<float>.Shared.Return(values);
        return hash.GetCurrentHash();
    }
}
