namespace CoDe.EndToEnd.Hostile.Attacks;

/// <summary>Header blocks that decode, but are no headers of a gRPC call.</summary>
internal static class MetadataAttacks
{
    private static readonly string[] BadBase64 = ["***", "A", "AAA*", "AA=A", "AAAA,*", "A A A"];

    private static readonly (string Name, string Value)[] Strange =
    [
        ("x@y", "1"), ("a/b", "1"), ("grpc-custom", "1"), ("-bin", "AAAA"), ("a'b", "1"), ("a~b", ""),
        ("x-data-bin", "===="), ("x-data", ""),
    ];

    private static readonly (string Name, string Value)[] Illegal =
    [
        ("UPPER", "1"), ("a b", "1"), ("a\0b", "1"), ("", "1"), ("a:b", "1"), (":unknown", "1"), (":path", "/again"),
        ("connection", "close"), ("te", "gzip"), ("k", "a\0b"), ("k", "a\r\nb: c"), ("k", "\xff\xfe"),
        ("x-data-bin", "\xe9"),
        ("host", "a b"), ("content-length", "-1"), ("content-length", "x"),
    ];

    public static IReadOnlyList<Attack> All { get; } =
    [
        new("hundreds of headers", Reach.Connection, Ending.Answer, Hundreds, 5),
        new("ninety headers", Reach.Stream, Ending.Answer, (frames, stream, _) => Many(frames, stream, 90, "v"), 5),
        new("huge header values", Reach.Stream, Ending.Answer,
            (frames, stream, random) => Many(frames, stream, 3, new string('v', random.Next(1000, 4900)))),
        new("binary metadata that is no base64", Reach.Stream, Ending.Answer,
            (frames, stream, random) => With(frames, stream, ("x-data-bin", BadBase64[random.Next(BadBase64.Length)]))),
        new("names and values that gRPC does not allow", Reach.Stream, Ending.Answer,
            (frames, stream, random) => With(frames, stream, Strange[random.Next(Strange.Length)])),
        new("headers that HTTP/2 does not allow", Reach.Connection, Ending.Answer,
            (frames, stream, random) => With(frames, stream, Illegal[random.Next(Illegal.Length)])),
        new("no pseudo headers", Reach.Connection, Ending.Answer,
            (frames, stream, random) => frames.Headers(stream, Pseudo(random), end: true)),
        new("content-length that lies", Reach.Connection, Ending.Answer,
            (frames, stream, random) =>
                With(frames, stream, ("content-length", $"{random.NextInt64(1L << random.Next(60))}"))),
        new("rubbish in trailers", Reach.Connection, Ending.Answer, Trailers),
    ];

    private static void With(FrameWriter frames, uint stream, (string Name, string Value) header)
        => frames.Headers(stream, HeaderBlock.Call(HeaderBlock.Unary).Add(header.Name, header.Value))
            .Data(stream, GrpcBytes.Plain(GrpcBytes.Request));

    private static void Hundreds(FrameWriter frames, uint stream, Random random)
        => Many(frames, stream, random.Next(101, 700), "v");

    private static void Many(FrameWriter frames, uint stream, int count, string value)
    {
        var block = HeaderBlock.Call(HeaderBlock.Unary);
        for (var i = 0; i < count; i++)
        {
            block.Add($"name-{i}", value);
        }

        frames.Headers(stream, block).Data(stream, GrpcBytes.Plain(GrpcBytes.Request));
    }

    private static HeaderBlock Pseudo(Random random) => random.Next(5) switch
    {
        0 => new HeaderBlock(),
        1 => new HeaderBlock().Add("content-type", "application/grpc").Add(":method", "POST"),
        2 => HeaderBlock.Request("POST", "/\xff"),
        3 => new HeaderBlock().Add(":method", "POST").Add(":path", HeaderBlock.Empty),
        _ => new HeaderBlock().Add(":status", "200"),
    };

    private static void Trailers(FrameWriter frames, uint stream, Random random)
    {
        HeaderBlock[] trailers =
        [
            new HeaderBlock().Add(":path", "/"), new HeaderBlock().Add("UPPER", "1"),
            new HeaderBlock().Add("grpc-status", "99"), new HeaderBlock().Raw(0x80),
        ];
        frames.Headers(stream, HeaderBlock.Call(HeaderBlock.Unary))
            .Data(stream, GrpcBytes.Plain(GrpcBytes.Request), end: false)
            .Headers(stream, trailers[random.Next(trailers.Length)], end: true);
    }
}
