namespace CoDe.Interop.Tests.Hostile.Attacks;

/// <summary>Requests with a sound body for the wrong thing, in the wrong way or time.</summary>
internal static class CallAttacks
{
    private static readonly string[] BadTimeouts = ["-1S", "999999999S", "abc", "S", "", "1", "1x", "1.5S", " 1S", "1 S", "+1S", "0x1S", "١S"];

    private static readonly int[] Codes = [17, 99, -1, int.MaxValue, int.MinValue];

    private static readonly string[] ContentTypes = ["text/plain", "application/json", "application/grpcx", "application/grp", "", "application/octet-stream", "multipart/form-data; boundary=x"];

    private static readonly string[] Unknown = ["/grpc.testing.TestService/NoSuchMethod", "/no.such.Service/Method", "/grpc.testing.UnimplementedService/UnimplementedCall", "/a%20b/c"];

    private static readonly string[] Paths =
    [
        "/", "/grpc.testing.TestService", "/grpc.testing.TestService/", "/a/b/c/d", "*", "", "no/slash", "/%00/%ff", "/../../etc/passwd", "/grpc.testing.TestService/UnaryCall/",
        "/grpc.testing.TestService/unarycall?x=1#y",
    ];

    public static IReadOnlyList<Attack> All { get; } =
    [
        new("grpc-timeout that is none", Reach.Stream, Ending.Answer, (frames, stream, random) => Timeout(frames, stream, BadTimeouts[random.Next(BadTimeouts.Length)])),
        new("grpc-timeout of nothing", Reach.Stream, Ending.Answer, (frames, stream, random) => Timeout(frames, stream, random.Next(2) == 0 ? "0n" : "1n")),
        new("grpc-timeout of eleven thousand years", Reach.Stream, Ending.Answer, (frames, stream, _) => Timeout(frames, stream, "99999999H")),
        new("deadline that passes during a stream", Reach.Stream, Ending.Answer, (frames, stream, _) => Download(frames, stream, "5m", GrpcBytes.Download(50, 100, 2000))),
        new("deadline that passes during a message", Reach.Stream, Ending.Answer, (frames, stream, _) => frames.Headers(stream, HeaderBlock.Call(HeaderBlock.Unary).Add("grpc-timeout", "5m")).Data(stream, [0, 0, 0, 9, 9, 1], end: false)),
        new("wrong content type", Reach.Stream, Ending.Answer, (frames, stream, random) => ContentType(frames, stream, ContentTypes[random.Next(ContentTypes.Length)])),
        new("wrong HTTP method", Reach.Stream, Ending.Answer, (frames, stream, random) => Method(frames, stream, random.Next(3) switch { 0 => "GET", 1 => "PUT", _ => "BREW" })),
        new("unknown service or method", Reach.Stream, Ending.Answer, (frames, stream, random) => frames.Headers(stream, HeaderBlock.Call(Unknown[random.Next(Unknown.Length)])).Data(stream, GrpcBytes.Plain([]))),
        new("wrong path", Reach.Stream, Ending.Answer, (frames, stream, random) => frames.Headers(stream, HeaderBlock.Call(Paths[random.Next(Paths.Length)])).Data(stream, GrpcBytes.Plain([]))),
        new("status code that is none", Reach.Stream, Ending.Answer, (frames, stream, random) => frames.Headers(stream, HeaderBlock.Call(HeaderBlock.Unary)).Data(stream, GrpcBytes.Plain(Status(random)))),
    ];

    private static void Timeout(FrameWriter frames, uint stream, string timeout)
        => frames.Headers(stream, HeaderBlock.Call(HeaderBlock.Unary).Add("grpc-timeout", timeout)).Data(stream, GrpcBytes.Plain(GrpcBytes.Request));

    private static void Download(FrameWriter frames, uint stream, string timeout, byte[] request)
        => frames.Headers(stream, HeaderBlock.Call(HeaderBlock.Download).Add("grpc-timeout", timeout)).Data(stream, GrpcBytes.Plain(request));

    private static void ContentType(FrameWriter frames, uint stream, string type)
        => frames.Headers(stream, HeaderBlock.Request("POST", HeaderBlock.Unary).Add("content-type", type)).Data(stream, GrpcBytes.Plain(GrpcBytes.Request));

    private static void Method(FrameWriter frames, uint stream, string method)
        => frames.Headers(stream, HeaderBlock.Request(method, HeaderBlock.Unary).Add("content-type", "application/grpc")).Data(stream, GrpcBytes.Plain(GrpcBytes.Request));

    /// <summary>The test service answers with the status it is asked for, and its text, which is no header as it stands.</summary>
    private static byte[] Status(Random random)
    {
        var status = new Grpc.Testing.EchoStatus { Code = Codes[random.Next(Codes.Length)], Message = "\r\ngrpc-status: 0\0% ü 😀" };
        return Google.Protobuf.MessageExtensions.ToByteArray(new Grpc.Testing.SimpleRequest { ResponseStatus = status });
    }
}
