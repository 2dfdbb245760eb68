using static CoDe.EndToEnd.Hostile.FrameType;

namespace CoDe.EndToEnd.Hostile.Attacks;

/// <summary>Hundreds of frames that each cost the server something and mean nothing.</summary>
internal static class FloodAttacks
{
    private const int Count = 500;

    public static IReadOnlyList<Attack> All { get; } =
    [
        Flood("PING flood", (frames, _, i) => frames.Ping(-i)),
        Flood("SETTINGS flood", (frames, _, i) => frames.Settings(4, (uint)i)),
        Flood("WINDOW_UPDATE flood", (frames, _, _) => frames.WindowUpdate(0, 1)),
        Flood("PRIORITY flood",
            (frames, stream, i) => frames.Frame(Priority, 0, stream + (2 * (uint)i), [0, 0, 0, 0, 1])),
        Flood("empty DATA flood",
            (frames, stream, i) =>
                (i == 0 ? frames.Headers(stream, HeaderBlock.Call(HeaderBlock.Unary)) : frames)
                    .Data(stream, [], end: false)),
        Flood("unknown frame flood", (frames, stream, i) => frames.Head(0, (byte)(10 + (i % 200)), 255, stream)),
    ];

    private static Attack Flood(string name, Action<FrameWriter, uint, int> write)
        => new(name, Reach.Connection, Ending.Ping, (frames, stream, _) =>
    {
        for (var i = 0; i < Count; i++)
        {
            write(frames, stream, i);
        }
    }, 2);
}
