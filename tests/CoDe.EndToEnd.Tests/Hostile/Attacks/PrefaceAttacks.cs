using System.Text;

namespace CoDe.EndToEnd.Hostile.Attacks;

/// <summary>Bytes that are not HTTP/2 from the start.</summary>
internal static class PrefaceAttacks
{
    private static readonly string[] OtherProtocols =
    [
        "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "POST /code.v1.Generation/ListModels HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        "PRI * HTTP/2.1\r\n\r\nSM\r\n\r\n",
        "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", "SSH-2.0-OpenSSH_9.6\r\n", "\0\0\0\0",
    ];

    public static IReadOnlyList<Attack> All { get; } =
    [
        new("no preface: another protocol", Reach.Bare, Ending.Close,
            (frames, _, random) =>
                frames.Raw(Encoding.Latin1.GetBytes(OtherProtocols[random.Next(OtherProtocols.Length)]))),
        new("no preface: random bytes", Reach.Bare, Ending.Close,
            (frames, _, random) => frames.Raw(GrpcBytes.Random(random, random.Next(1, 2000)))),
        new("no preface: frames at once", Reach.Bare, Ending.Close,
            (frames, _, _) =>
                frames.Settings().Headers(1, HeaderBlock.Call(HeaderBlock.Empty)).Data(1, GrpcBytes.Plain([]))),
        new("half a preface", Reach.Bare, Ending.Close,
            (frames, _, random) => frames.Raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8[..random.Next(24)])),
        new("random bytes after the preface", Reach.Bare, Ending.Close,
            (frames, _, random) => frames.Preface().Raw(GrpcBytes.Random(random, random.Next(1, 4000)))),
        new("a call without SETTINGS", Reach.Bare, Ending.Close,
            (frames, _, _) =>
                frames.Preface().Headers(1, HeaderBlock.Call(HeaderBlock.Empty)).Data(1, GrpcBytes.Plain([]))),
        new("random frames", Reach.Connection, Ending.Close, RandomFrames),
    ];

    /// <summary>Sends frames of right lengths, so that the server reads more than the first.</summary>
    private static void RandomFrames(FrameWriter frames, uint first, Random random)
    {
        for (var count = random.Next(1, 20); count > 0; count--)
        {
            var (type, flags, stream) = ((FrameType)random.Next(11), (byte)random.Next(256), (uint)random.Next(8));
            frames.Frame(type, flags, stream, GrpcBytes.Random(random, random.Next(40)));
        }
    }
}
