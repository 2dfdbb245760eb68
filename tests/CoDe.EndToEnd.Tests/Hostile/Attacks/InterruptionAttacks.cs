namespace CoDe.EndToEnd.Hostile.Attacks;

/// <summary>
/// Streams reset and connections closed at every moment of a call. The server must neither wait nor keep anything.
/// </summary>
internal static class InterruptionAttacks
{
    private static readonly string[] Paths =
        [HeaderBlock.Unary, HeaderBlock.Edit, HeaderBlock.Empty, HeaderBlock.Streaming];

    private static readonly byte[] Message = GrpcBytes.Plain(GrpcBytes.Request);

    public static IReadOnlyList<Attack> All { get; } =
    [
        new("reset at once", Reach.Stream, Ending.Ping,
            (frames, stream, random) => frames.Headers(stream, Call(random)).Reset(stream)),
        new("reset within a message", Reach.Stream, Ending.Ping,
            (frames, stream, random) =>
                frames.Headers(stream, Call(random)).Data(stream, Part(random), end: false).Reset(stream)),
        new("reset after the request", Reach.Stream, Ending.Ping,
            (frames, stream, _) =>
                frames.Headers(stream, HeaderBlock.Call(HeaderBlock.Unary)).Data(stream, Message).Reset(stream)),
        new("reset within a response", Reach.Stream, Ending.Ping,
            (frames, stream, _) => Models(frames, stream).Reset(stream)),
        new("reset with a code that is none", Reach.Stream, Ending.Ping,
            (frames, stream, random) =>
                frames.Headers(stream, Call(random)).Reset(stream, (uint)random.NextInt64(uint.MaxValue))),
        new("rapid reset", Reach.Connection, Ending.Ping, RapidReset, 2),
        new("more streams than allowed", Reach.Connection, Ending.Ping, TooMany, 1),
        new("connection closed before the request", Reach.Connection, Ending.Close,
            (frames, stream, random) => frames.Headers(stream, Call(random))),
        new("connection lost before the request", Reach.Connection, Ending.Ping,
            (frames, stream, random) => frames.Headers(stream, Call(random))),
        new("connection closed within a message", Reach.Connection, Ending.Close,
            (frames, stream, random) => frames.Headers(stream, Call(random)).Data(stream, Part(random), end: false)),
        new("connection lost within a message", Reach.Connection, Ending.Ping,
            (frames, stream, random) => frames.Headers(stream, Call(random)).Data(stream, Part(random), end: false)),
        new("connection lost within a large message", Reach.Connection, Ending.Ping,
            (frames, stream, _) =>
                frames.Headers(stream, HeaderBlock.Call(HeaderBlock.Edit))
                    .Data(stream, GrpcBytes.Prefixed(0, 4_000_000, new byte[500_000]), end: false), 1),
        new("connection lost within a response", Reach.Connection, Ending.Ping,
            (frames, stream, _) => Models(frames, stream)),
        new("half-open after good messages", Reach.Connection, Ending.Ping, HalfOpen),
        new("slow reader", Reach.Bare, Ending.Ping, SlowReader, 5),
        new("slow reader that resets", Reach.Bare, Ending.Answer, SlowReaderThatResets, 1),
    ];

    private static HeaderBlock Call(Random random)
        => HeaderBlock.Call(Paths[random.Next(Paths.Length)]);

    private static ReadOnlySpan<byte> Part(Random random) => Message.AsSpan(0, random.Next(1, Message.Length));

    private static FrameWriter Models(FrameWriter frames, uint stream)
        => frames.Headers(stream, HeaderBlock.Call(HeaderBlock.Empty)).Data(stream, GrpcBytes.Plain([]));

    private static void RapidReset(FrameWriter frames, uint stream, Random random)
    {
        for (var last = stream + 400; stream < last; stream += 2)
        {
            frames.Headers(stream, Call(random)).Reset(stream);
        }
    }

    private static void TooMany(FrameWriter frames, uint stream, Random random)
    {
        for (var last = stream + 300; stream < last; stream += 2)
        {
            frames.Headers(stream, HeaderBlock.Call(HeaderBlock.Streaming)).Data(stream, Part(random), end: false);
        }
    }

    private static void HalfOpen(FrameWriter frames, uint stream, Random random)
    {
        frames.Headers(stream, HeaderBlock.Call(HeaderBlock.Streaming));
        for (var count = random.Next(1, 4); count > 0; count--)
        {
            frames.Data(stream, GrpcBytes.Plain(GrpcBytes.Request), end: false);
        }
    }

    /// <summary>Responses that wait in the server, and that nobody wants any more.</summary>
    private static void SlowReaderThatResets(FrameWriter frames, uint stream, Random random)
    {
        frames.Preface().Settings(1, 0, 4, 0);
        for (var last = stream + 4000; stream < last; stream += 2)
        {
            Models(frames, stream).Reset(stream);
        }
    }

    /// <summary>Windows of zero bytes: responses wait in the server until the connection is lost.</summary>
    private static void SlowReader(FrameWriter frames, uint stream, Random random)
    {
        frames.Preface().Settings(1, 0, 4, 0);
        for (var last = stream + (2 * random.Next(1, 5)); stream < last; stream += 2)
        {
            Models(frames, stream);
        }
    }
}
