using System.Buffers.Binary;
using System.IO.Compression;
using CoDe.Protocol.V1;
using Google.Protobuf;

namespace CoDe.EndToEnd.Hostile;

/// <summary>Length-prefixed messages, valid and invalid.</summary>
internal static class GrpcBytes
{
    /// <summary>A well-formed request that is refused as INVALID_ARGUMENT before any device time is spent.</summary>
    public static readonly byte[] Request = new GenerateRequest { Labels = { "unicorn" }, Seed = 1 }.ToByteArray();

    private static readonly Dictionary<int, byte[]> Bombs = [];

    public static byte[] Plain(byte[] payload) => Prefixed(0, (uint)payload.Length, payload);

    public static byte[] Compressed(byte[] payload) => Prefixed(1, (uint)payload.Length, payload);

    /// <summary>Writes a prefix that need not match the payload.</summary>
    public static byte[] Prefixed(byte flag, uint length, byte[] payload)
    {
        var message = new byte[5 + payload.Length];
        message[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(1), length);
        payload.CopyTo(message, 5);
        return message;
    }

    public static byte[] Gzip(ReadOnlySpan<byte> plain)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
        {
            gzip.Write(plain);
        }

        return packed.ToArray();
    }

    /// <summary>Compresses zeros to a thousandth of their size.</summary>
    public static byte[] Bomb(int megabytes)
    {
        lock (Bombs)
        {
            if (!Bombs.TryGetValue(megabytes, out var bomb))
            {
                Bombs[megabytes] = bomb = Zeros(megabytes);
            }

            return bomb;
        }
    }

    public static byte[] Random(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Zeros(int megabytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
        {
            var megabyte = new byte[1024 * 1024];
            for (var i = 0; i < megabytes; i++)
            {
                gzip.Write(megabyte);
            }
        }

        return packed.ToArray();
    }
}
