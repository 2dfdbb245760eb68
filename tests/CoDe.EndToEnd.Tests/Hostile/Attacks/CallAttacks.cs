namespace CoDe.EndToEnd.Hostile.Attacks;

/// <summary>Requests with a sound body for the wrong thing, in the wrong way or time.</summary>
internal static class CallAttacks
{
    private static readonly string[] BadTimeouts =
        ["-1S", "999999999S", "abc", "S", "", "1", "1x", "1.5S", " 1S", "1 S", "+1S", "0x1S", "١S"];

    private static readonly string[] ContentTypes =
    [
        "text/plain", "application/json", "application/grpcx", "application/grp", "", "application/octet-stream",
        "multipart/form-data; boundary=x",
    ];

    private static readonly string[] Unknown =
        ["/code.v1.Generation/NoSuchMethod", "/no.such.Service/Method", "/code.v1.Drafting/Draft", "/a%20b/c"];

    private static readonly string[] Paths =
    [
        "/", "/code.v1.Generation", "/code.v1.Generation/", "/a/b/c/d", "*", "", "no/slash", "/%00/%ff",
        "/../../etc/passwd", "/code.v1.Generation/Generate/", "/code.v1.Generation/generate?x=1#y",
    ];

    public static IReadOnlyList<Attack> All { get; } =
    [
        new("grpc-timeout that is none", Reach.Stream, Ending.Answer,
            (frames, stream, random) => Timeout(frames, stream, BadTimeouts[random.Next(BadTimeouts.Length)])),
        new("grpc-timeout of nothing", Reach.Stream, Ending.Answer,
            (frames, stream, random) => Timeout(frames, stream, random.Next(2) == 0 ? "0n" : "1n")),
        new("grpc-timeout of eleven thousand years", Reach.Stream, Ending.Answer,
            (frames, stream, _) => Timeout(frames, stream, "99999999H")),
        new("deadline that passes during a message", Reach.Stream, Ending.Answer,
            (frames, stream, _) =>
                frames.Headers(stream, HeaderBlock.Call(HeaderBlock.Unary).Add("grpc-timeout", "5m"))
                    .Data(stream, [0, 0, 0, 9, 9, 1], end: false)),
        new("wrong content type", Reach.Stream, Ending.Answer,
            (frames, stream, random) => ContentType(frames, stream, ContentTypes[random.Next(ContentTypes.Length)])),
        new("wrong HTTP method", Reach.Stream, Ending.Answer,
            (frames, stream, random) =>
                Method(frames, stream, random.Next(3) switch { 0 => "GET", 1 => "PUT", _ => "BREW" })),
        new("unknown service or method", Reach.Stream, Ending.Answer,
            (frames, stream, random) =>
                frames.Headers(stream, HeaderBlock.Call(Unknown[random.Next(Unknown.Length)]))
                    .Data(stream, GrpcBytes.Plain([]))),
        new("wrong path", Reach.Stream, Ending.Answer,
            (frames, stream, random) =>
                frames.Headers(stream, HeaderBlock.Call(Paths[random.Next(Paths.Length)]))
                    .Data(stream, GrpcBytes.Plain([]))),
    ];

    private static void Timeout(FrameWriter frames, uint stream, string timeout)
        => frames.Headers(stream, HeaderBlock.Call(HeaderBlock.Unary).Add("grpc-timeout", timeout))
            .Data(stream, GrpcBytes.Plain(GrpcBytes.Request));

    private static void ContentType(FrameWriter frames, uint stream, string type)
        => frames.Headers(stream, HeaderBlock.Request("POST", HeaderBlock.Unary).Add("content-type", type))
            .Data(stream, GrpcBytes.Plain(GrpcBytes.Request));

    private static void Method(FrameWriter frames, uint stream, string method)
    {
        var headers = HeaderBlock.Request(method, HeaderBlock.Unary).Add("content-type", "application/grpc");
        frames.Headers(stream, headers).Data(stream, GrpcBytes.Plain(GrpcBytes.Request));
    }
}
