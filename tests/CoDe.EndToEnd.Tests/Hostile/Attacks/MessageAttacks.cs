namespace CoDe.EndToEnd.Hostile.Attacks;

/// <summary>Bodies that are not the messages a method expects. Each spoils its stream only.</summary>
internal static class MessageAttacks
{
    public const int BombMegabytes = 256;

    /// <summary>
    /// Protobuf: a field of a wrong type, an endless varint, a length beyond the end, field number 0, an open group,
    /// groups in groups, a size below zero.
    /// </summary>
    private static readonly byte[][] Garbage =
    [
        [0x1a, 0xff, 0xff, 0xff, 0xff, 0x0f],
        [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        [0x1a, 0x7f, 0x00], [0x00, 0x00], [0x0b], [.. Enumerable.Repeat((byte)0x0b, 10_000)],
        [0x1a, 0xfb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    ];

    private static readonly string[] Methods =
        [HeaderBlock.Unary, HeaderBlock.Empty, HeaderBlock.Streaming, HeaderBlock.Edit];

    private static readonly byte[] Message = GrpcBytes.Plain(GrpcBytes.Request);

    private static readonly byte[] Packed = GrpcBytes.Gzip(new byte[3000]);

    public static IReadOnlyList<Attack> All { get; } =
    [
        Unary("message longer than its bytes",
            random =>
                GrpcBytes.Prefixed(0, (uint)(GrpcBytes.Request.Length + random.Next(1, 4_000_000)), GrpcBytes.Request)),
        Unary("message shorter than its bytes",
            random => GrpcBytes.Prefixed(0, (uint)random.Next(GrpcBytes.Request.Length), GrpcBytes.Request)),
        Unary("message of 4 GiB", _ => GrpcBytes.Prefixed(0, uint.MaxValue, GrpcBytes.Request)),
        Unary("message beyond the largest size", TooLarge),
        Unary("message cut in its prefix", random => new byte[random.Next(1, 5)]),
        Unary("message with an unknown flag",
            random => GrpcBytes.Prefixed((byte)random.Next(2, 256), (uint)GrpcBytes.Request.Length, GrpcBytes.Request)),
        Unary("compressed without grpc-encoding", _ => GrpcBytes.Compressed(Packed)),
        Unary("compressed with identity", _ => GrpcBytes.Compressed(Packed), "identity"),
        Unary("compressed with an unknown grpc-encoding", _ => GrpcBytes.Compressed(Packed), "br"),
        Unary("gzip that is broken",
            random => GrpcBytes.Compressed(GrpcBytes.Random(random, random.Next(1, 5000))), "gzip"),
        Unary("gzip with broken bits", random => GrpcBytes.Compressed(Flipped(random)), "gzip"),
        Unary("gzip that is cut", random => GrpcBytes.Compressed(Packed[..random.Next(1, Packed.Length - 9)]), "gzip"),
        Unary("gzip of nothing", _ => GrpcBytes.Compressed([]), "gzip"),
        Unary("gzip bomb", _ => GrpcBytes.Compressed(GrpcBytes.Bomb(BombMegabytes)), "gzip", weight: 1),
        new("gzip bomb in a stream", Reach.Stream, Ending.Answer,
            (frames, stream, _) =>
                frames.Headers(stream, HeaderBlock.Call(HeaderBlock.Streaming).Add("grpc-encoding", "gzip"))
                    .Data(stream, GrpcBytes.Compressed(GrpcBytes.Bomb(BombMegabytes))), 1),
        Unary("garbage protobuf", random => GrpcBytes.Plain(Garbage[random.Next(Garbage.Length)])),
        Unary("random protobuf", random => GrpcBytes.Plain(GrpcBytes.Random(random, random.Next(1, 300)))),
        Unary("several messages for one",
            random => [.. Enumerable.Repeat(Message, random.Next(2, 20)).SelectMany(message => message)]),
        Unary("no message for one", _ => []),
        new("random body", Reach.Stream, Ending.Answer,
            (frames, stream, random) =>
                frames.Headers(stream, HeaderBlock.Call(Methods[random.Next(Methods.Length)]))
                    .Data(stream, GrpcBytes.Random(random, random.Next(3000)))),
        new("rubbish after good messages", Reach.Stream, Ending.Answer, AfterGoodOnes),
        new("a message a byte a frame", Reach.Stream, Ending.Answer, ByteByByte, 2),
    ];

    private static Attack Unary(string name, Func<Random, byte[]> body, string? encoding = null, int weight = 10)
    {
        return new Attack(name, Reach.Stream, Ending.Answer, Write, weight);

        void Write(FrameWriter frames, uint stream, Random random)
        {
            var headers = HeaderBlock.Call(HeaderBlock.Unary);
            frames.Headers(stream, encoding is null ? headers : headers.Add("grpc-encoding", encoding))
                .Data(stream, body(random));
        }
    }

    private static byte[] TooLarge(Random random)
    {
        var length = (uint)random.Next((4 << 20) + 1, int.MaxValue);
        return GrpcBytes.Prefixed((byte)random.Next(2), length, new byte[random.Next(60_000)]);
    }

    private static byte[] Flipped(Random random)
    {
        byte[] flipped = [.. Packed];
        flipped[random.Next(10, flipped.Length)] ^= (byte)(1 << random.Next(8));
        return flipped;
    }

    private static void AfterGoodOnes(FrameWriter frames, uint stream, Random random)
    {
        frames.Headers(stream, HeaderBlock.Call(HeaderBlock.Streaming));
        for (var count = random.Next(5); count > 0; count--)
        {
            frames.Data(stream, Message, end: false);
        }

        frames.Data(stream, GrpcBytes.Random(random, random.Next(1, 100)));
    }

    private static void ByteByByte(FrameWriter frames, uint stream, Random random)
    {
        frames.Headers(stream, HeaderBlock.Call(HeaderBlock.Unary));
        foreach (var value in Message)
        {
            frames.Data(stream, [value], end: false);
        }

        frames.Data(stream, [(byte)random.Next(256)]);
    }
}
