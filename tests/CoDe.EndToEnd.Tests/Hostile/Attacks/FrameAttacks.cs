using static CoDe.EndToEnd.Hostile.FrameType;

namespace CoDe.EndToEnd.Hostile.Attacks;

/// <summary>Frames that are cut, or against the rules of RFC 9113, sections 4 to 6.</summary>
internal static class FrameAttacks
{
    private static readonly (FrameType Type, int Length, uint Stream)[] WrongLengths =
    [
        (Settings, 5, 0), (Ping, 7, 0), (Ping, 9, 0), (ResetStream, 3, 1), (WindowUpdate, 5, 0),
        (Priority, 4, 1), (GoAway, 3, 0), (PushPromise, 2, 1),
    ];

    private static readonly (FrameType Type, int Length, uint Stream)[] WrongStreams =
    [
        (Headers, 10, 0), (Headers, 10, 2), (Data, 10, 0), (Settings, 6, 1), (Ping, 8, 1), (ResetStream, 4, 0),
        (Priority, 5, 0), (GoAway, 8, 1), (Continuation, 4, 1), (Continuation, 4, 0),
    ];

    private static readonly uint[][] WrongSettings = [[2, 2], [4, 0x80000000], [5, 1], [5, 0xffffffff]];

    public static IReadOnlyList<Attack> All { get; } =
    [
        new("frame cut in its head", Reach.Connection, Ending.Close,
            (frames, stream, random) => frames.Raw(new FrameWriter().Reset(stream).Written.Span[..random.Next(1, 9)])),
        new("frame cut in its payload", Reach.Connection, Ending.Close,
            (frames, stream, random) =>
                frames.Head(random.Next(100, 16384), (byte)random.Next(10), 0, stream).Raw(new byte[random.Next(99)])),
        new("frame beyond the largest size", Reach.Connection, Ending.Answer,
            (frames, stream, random) => frames.Head(random.Next(16385, 1 << 24), (byte)random.Next(10), 0, stream)),
        new("frame of a wrong length", Reach.Connection, Ending.Close,
            (frames, _, random) => Wrong(frames, WrongLengths[random.Next(WrongLengths.Length)])),
        new("frame on a wrong stream", Reach.Connection, Ending.Answer,
            (frames, _, random) => Wrong(frames, WrongStreams[random.Next(WrongStreams.Length)])),
        new("frame on an idle stream", Reach.Connection, Ending.Answer, IdleStream),
        new("streams backwards", Reach.Connection, Ending.Answer,
            (frames, _, _) => frames.Headers(9, Call(), end: true).Headers(7, Call(), end: true)),
        new("unknown frame types", Reach.Stream, Ending.Ping,
            (frames, stream, random) =>
                frames.Head(20, (byte)random.Next(10, 256), (byte)random.Next(256), stream)
                    .Raw(GrpcBytes.Random(random, 20))),
        new("PUSH_PROMISE by a client", Reach.Connection, Ending.Answer,
            (frames, stream, _) =>
                frames.Headers(stream, Call()).Frame(PushPromise, FrameWriter.EndHeaders, stream, [0, 0, 0, 2])),
        new("padding longer than the frame", Reach.Connection, Ending.Answer,
            (frames, stream, _) =>
                frames.Frame(Headers, FrameWriter.Padded | FrameWriter.EndHeaders, stream, [200, 0, 0])),
        new("stream that depends on itself", Reach.Connection, Ending.Answer, SelfDependent),
        new("SETTINGS with illegal values", Reach.Connection, Ending.Answer,
            (frames, _, random) => frames.Settings(WrongSettings[random.Next(WrongSettings.Length)])),
        new("SETTINGS that acknowledge with a payload", Reach.Connection, Ending.Answer,
            (frames, _, _) => frames.Frame(Settings, FrameWriter.Ack, 0, new byte[6])),
        new("WINDOW_UPDATE by nothing", Reach.Connection, Ending.Answer,
            (frames, stream, random) => frames.Headers(stream, Call()).WindowUpdate((uint)random.Next(2) * stream, 0)),
        new("WINDOW_UPDATE beyond the limit", Reach.Connection, Ending.Answer,
            (frames, stream, random) => Overflow(frames.Headers(stream, Call()), (uint)random.Next(2) * stream)),
        new("DATA beyond the window", Reach.Connection, Ending.Close, BeyondWindow, 1),
        new("frames after the end of a stream", Reach.Connection, Ending.Answer,
            (frames, stream, _) =>
                frames.Headers(stream, HeaderBlock.Call(HeaderBlock.Streaming))
                    .Data(stream, GrpcBytes.Plain(GrpcBytes.Request)).Data(stream, [1])),
        new("trailers that do not end the stream", Reach.Connection, Ending.Answer,
            (frames, stream, _) => frames.Headers(stream, Call()).Headers(stream, new HeaderBlock().Add("a", "b"))),
        new("GOAWAY by the client", Reach.Connection, Ending.Close,
            (frames, _, random) => frames.Frame(GoAway, 0, 0, GrpcBytes.Random(random, 8 + random.Next(100)))),
    ];

    private static HeaderBlock Call() => HeaderBlock.Call(HeaderBlock.Unary);

    private static void Wrong(FrameWriter frames, (FrameType Type, int Length, uint Stream) frame)
        => frames.Frame(frame.Type, FrameWriter.EndHeaders, frame.Stream, new byte[frame.Length]);

    private static void IdleStream(FrameWriter frames, uint stream, Random random)
    {
        FrameType[] types = [Data, ResetStream, WindowUpdate];
        frames.Frame(types[random.Next(types.Length)], 0, 77, [0, 0, 0, 1]);
    }

    private static void SelfDependent(FrameWriter frames, uint stream, Random random)
    {
        byte[] priority = [0, 0, 0, (byte)stream, 16];
        if (random.Next(2) == 0)
        {
            frames.Frame(Priority, 0, stream, priority);
            return;
        }

        const byte flags = FrameWriter.EndHeaders | FrameWriter.Prioritized | FrameWriter.EndStream;
        frames.Frame(Headers, flags, stream, [.. priority, .. Call().Bytes]);
    }

    /// <summary>Sends more than a stream's window at once, of a message that never ends.</summary>
    private static void BeyondWindow(FrameWriter frames, uint stream, Random random)
        => frames.Headers(stream, HeaderBlock.Call(HeaderBlock.Edit))
            .Data(stream, GrpcBytes.Prefixed(0, 4_000_000, []), end: false)
            .Data(stream, new byte[1_500_000], end: false);

    private static void Overflow(FrameWriter frames, uint stream)
        => frames.WindowUpdate(stream, int.MaxValue).WindowUpdate(stream, int.MaxValue);
}
