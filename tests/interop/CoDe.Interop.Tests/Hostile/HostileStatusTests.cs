using Xunit;

namespace CoDe.Interop.Tests.Hostile;

/// <summary>What has one right answer gets it (PROTOCOL-HTTP2.md; statuscodes.md; compression.md), whatever chance chooses.</summary>
public sealed class HostileStatusTests(HostileStatusTests.Server server) : IClassFixture<HostileStatusTests.Server>
{
    private const int Variants = 40;

    public static IEnumerable<object[]> StreamAttacks => AttackTable.All.Where(attack => attack.Reach == Reach.Stream).Select(attack => new object[] { attack.Name });

    [Theory]
    [InlineData("message longer than its bytes", "grpc-status 13")]
    [InlineData("message shorter than its bytes", "grpc-status 13")]
    [InlineData("message cut in its prefix", "grpc-status 13")]
    [InlineData("message of 4 GiB", "grpc-status 8")]
    [InlineData("message beyond the largest size", "grpc-status 8")]
    [InlineData("message with an unknown flag", "grpc-status 13")]
    [InlineData("compressed without grpc-encoding", "grpc-status 13")]
    [InlineData("compressed with identity", "grpc-status 13")]
    [InlineData("compressed with an unknown grpc-encoding", "grpc-status 12")]
    [InlineData("gzip that is broken", "grpc-status 13")]
    [InlineData("gzip with broken bits", "grpc-status 13")]
    [InlineData("gzip that is cut", "grpc-status 13")]
    [InlineData("gzip of nothing", "grpc-status 13")]
    [InlineData("garbage protobuf", "grpc-status 13")]
    [InlineData("several messages for one", "grpc-status 13")]
    [InlineData("no message for one", "grpc-status 13")]
    [InlineData("a response size below zero", "grpc-status 2")]
    [InlineData("binary metadata that is no base64", "grpc-status 13")]
    [InlineData("ninety headers", "grpc-status 0")]
    [InlineData("huge header values", "grpc-status 0")]
    [InlineData("grpc-timeout that is none", "grpc-status 0")]
    [InlineData("grpc-timeout of eleven thousand years", "grpc-status 0")]
    [InlineData("deadline that passes during a stream", "grpc-status 4")]
    [InlineData("deadline that passes during a message", "grpc-status 4")]
    [InlineData("unknown service or method", "grpc-status 12")]
    [InlineData("wrong content type", "HTTP 415")]
    [InlineData("wrong HTTP method", "HTTP 405")]
    [InlineData("frame beyond the largest size", "GOAWAY 6")]
    [InlineData("DATA beyond the window", "GOAWAY 3")]
    public async Task Attack_WithOneRightAnswer_GetsIt(string name, string expected)
    {
        var attack = AttackTable.All.Single(attack => attack.Name == name);
        var variants = attack.Weight == 1 ? 2 : Variants;
        for (var seed = 0; seed < variants; seed++)
        {
            Assert.Equal((seed, expected), (seed, (await RunAsync(attack, seed)).Name));
        }
    }

    /// <summary>The table says so, and attackers share connections by it.</summary>
    [Theory]
    [MemberData(nameof(StreamAttacks))]
    public async Task Attack_OnAStream_LeavesTheConnection(string name)
    {
        var attack = AttackTable.All.Single(attack => attack.Name == name);
        for (var seed = 0; seed < (attack.Weight == 1 ? 1 : Variants); seed++)
        {
            var reaction = await RunAsync(attack, seed);
            Assert.True(reaction.Name.Split(' ')[0] is "grpc-status" or "HTTP" or "RST" or "ping", $"{seed}: {reaction.Name}");
        }
    }

    [Theory]
    [InlineData("compressed with an unknown grpc-encoding")]
    public async Task UnknownEncoding_InTheAnswer_SaysWhichAreKnown(string name)
    {
        var reaction = await RunAsync(AttackTable.All.Single(attack => attack.Name == name), 1);
        Assert.Equal("identity,gzip", reaction.Headers["grpc-accept-encoding"]);
    }

    /// <summary>The deadline meets every moment of the messages' sending.</summary>
    [Fact]
    public async Task Deadline_DuringManyStreams_IsTheStatusOfAll()
    {
        var attack = AttackTable.All.Single(attack => attack.Name == "deadline that passes during a stream");
        for (var seed = 0; seed < 400; seed++)
        {
            Assert.Equal((seed, "grpc-status 4"), (seed, (await RunAsync(attack, seed)).Name));
        }
    }

    /// <summary>No status gets through behind messages for which the client opens no window.</summary>
    [Fact]
    public async Task Deadline_WhileTheClientDoesNotRead_EndsWithCancel()
    {
        var unread = new Attack("unread", Reach.Stream, Ending.Answer, (frames, stream, _) =>
            frames.Headers(stream, HeaderBlock.Call(HeaderBlock.Download).Add("grpc-timeout", "100m")).Data(stream, GrpcBytes.Plain(GrpcBytes.Download(8, 500_000, 0))));
        Assert.Equal("RST 8", (await RunAsync(unread, 1)).Name);
    }

    /// <summary>Half a GiB, which would show. The peak of resident memory is the process's own, from its start on.</summary>
    [Theory]
    [InlineData(HeaderBlock.Unary)]
    [InlineData(HeaderBlock.Upload)]
    public async Task GzipBomb_OfHalfAGigabyte_IsRefusedWithoutItsMemory(string path)
    {
        var bomb = new Attack("bomb", Reach.Stream, Ending.Answer, (frames, stream, _) =>
            frames.Headers(stream, HeaderBlock.Call(path).Add("grpc-encoding", "gzip")).Data(stream, GrpcBytes.Compressed(GrpcBytes.Bomb(512))));
        var before = server.Peer.Memory("VmHWM");
        Assert.Equal("grpc-status 8", (await RunAsync(bomb, 1)).Name);
        Assert.InRange(server.Peer.Memory("VmHWM") - before, 0, 100);
    }

    private async Task<Reaction> RunAsync(Attack attack, int seed)
    {
        using var session = await Session.OpenAsync(server.Peer.Port, attack.Reach == Reach.Bare, CancellationToken.None);
        return (await session.RunAsync([(attack, new Random(seed))]))[0];
    }

    public sealed class Server : IDisposable
    {
        internal HostilePeer Peer { get; } = new();

        public void Dispose() => Peer.Dispose();
    }
}
