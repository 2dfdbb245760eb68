using static CoDe.EndToEnd.Hostile.FrameType;

namespace CoDe.EndToEnd.Hostile.Attacks;

/// <summary>Header blocks that cannot be decoded, are too large or never end.</summary>
internal static class HpackAttacks
{
    private static readonly byte[][] Undecodable =
    [
        [0x80], // Index 0.
        [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], // An integer of more than 32 bits.
        [0xfe], // An index behind both tables.
        [0x00, 0x05, (byte)'a'], // Cut in a name.
        [0x00, 0x01, (byte)'a', 0x7f, 0xff, 0x7f], // A value longer than the block.
        [0x3f, 0xff, 0xff, 0x7f], // A table larger than allowed.
        [0x00, 0x82, 0xff, 0xff, 0x00], // Huffman code of the end of string.
        [0x00, 0x00, 0x01, (byte)'v'], // No name.
    ];

    public static IReadOnlyList<Attack> All { get; } =
    [
        new("HPACK that cannot be decoded", Reach.Connection, Ending.Answer,
            (frames, stream, random) => frames.Headers(stream, Broken(random), end: true)),
        new("HPACK of random bytes", Reach.Connection, Ending.Close,
            (frames, stream, random) =>
                frames.Headers(stream, Spoiled(GrpcBytes.Random(random, random.Next(1, 200))), end: true)),
        new("HPACK table sizes without end", Reach.Connection, Ending.Answer,
            (frames, stream, _) =>
                frames.Headers(stream, new HeaderBlock().Raw([.. Enumerable.Repeat((byte)0x20, 10_000)]), end: true)),
        new("oversized HEADERS", Reach.Connection, Ending.Answer,
            (frames, stream, _) =>
                Split(frames, stream, HeaderBlock.Call(HeaderBlock.Empty).Add("big", new string('x', 60_000)))),
        new("endless CONTINUATION", Reach.Connection, Ending.Answer,
            (frames, stream, random) =>
                Continuations(frames, stream, 100, Large(random.Next(1000, 4000)))),
        new("endless CONTINUATION with nothing in it", Reach.Connection, Ending.Close,
            (frames, stream, _) => Continuations(frames, stream, 1000, new HeaderBlock())),
        new("another frame instead of CONTINUATION", Reach.Connection, Ending.Answer,
            (frames, stream, _) => frames.Frame(Headers, 0, stream, HeaderBlock.Call(HeaderBlock.Empty).Bytes).Ping(1)),
        new("CONTINUATION of another stream", Reach.Connection, Ending.Answer,
            (frames, stream, _) =>
                frames.Frame(Headers, 0, stream, HeaderBlock.Call(HeaderBlock.Empty).Bytes)
                    .Frame(Continuation, FrameWriter.EndHeaders, stream + 2, [])),
        new("header block never ended", Reach.Connection, Ending.Close,
            (frames, stream, _) => frames.Frame(Headers, 0, stream, HeaderBlock.Call(HeaderBlock.Empty).Bytes)),
    ];

    private static HeaderBlock Broken(Random random) => Spoiled(Undecodable[random.Next(Undecodable.Length)]);

    private static HeaderBlock Spoiled(byte[] appended) => HeaderBlock.Call(HeaderBlock.Empty).Raw(appended);

    private static HeaderBlock Large(int length) => new HeaderBlock().Add("k", new string('v', length));

    /// <summary>A block of any size in frames that are not too large.</summary>
    private static void Split(FrameWriter frames, uint stream, HeaderBlock block)
    {
        var rest = block.Bytes;
        frames.Frame(Headers, FrameWriter.EndStream, stream, rest[..16384]);
        for (rest = rest[16384..]; rest.Length > 16384; rest = rest[16384..])
        {
            frames.Frame(Continuation, 0, stream, rest[..16384]);
        }

        frames.Frame(Continuation, FrameWriter.EndHeaders, stream, rest);
    }

    private static void Continuations(FrameWriter frames, uint stream, int count, HeaderBlock block)
    {
        frames.Frame(Headers, 0, stream, HeaderBlock.Call(HeaderBlock.Empty).Bytes);
        for (; count > 0; count--)
        {
            frames.Frame(Continuation, 0, stream, block.Bytes);
        }
    }
}
