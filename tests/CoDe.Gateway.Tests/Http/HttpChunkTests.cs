using System.Net.Sockets;
using System.Text;
using Xunit;

namespace CoDe.Gateway.Tests.Http;

/// <summary>Bodies that are no chunks, byte by byte on a real socket: a client library would not send them.</summary>
public sealed class HttpChunkTests : DoubleStageTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static TheoryData<string, string> PathsAndBodies()
    {
        var data = new TheoryData<string, string>();
        foreach (var path in new[] { "/v1/generate", "/v1/generate/stream", "/v1/edit" })
        {
            data.Add(path, "FFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n");
            data.Add(path, "FFFFFFFF\r\n{}\r\n0\r\n\r\n");
            data.Add(path, "2\r\n{}\r\nFFFFFFFFFFFFFFFFF\r\n\r\n");
            data.Add(path, "x\r\n{}\r\n0\r\n\r\n");
            data.Add(path, "-1\r\n{}\r\n0\r\n\r\n");
            data.Add(path, "2\r\n{}}\r\n0\r\n\r\n");
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(PathsAndBodies))]
    public async Task Post_WithAChunkThatIsNone_IsABadRequest(string path, string body)
    {
        var answer = await PostAsync(path, body);

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("""{"code":3,"message":"Bad chunk """, answer, StringComparison.Ordinal);
        Assert.Empty(Stage.Calls);
    }

    [Fact]
    public async Task Post_WithWholeChunks_IsRead()
    {
        var answer = await PostAsync("/v1/generate", "d\r\n{\"labels\": [\"\r\n4\r\n7\"]}\r\n0\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.Contains("draft tiny 8: 7", Stage.Calls);
    }

    private async Task<string> PostAsync(string path, string body)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var client = new TcpClient();
        await client.ConnectAsync(Gateway.Addresses[1].Host, Gateway.Addresses[1].Port, patience.Token);
        var request =
            $"POST {path} HTTP/1.1\r\nHost: code\r\nConnection: close\r\nContent-Type: application/json\r\n" +
            $"Transfer-Encoding: chunked\r\n\r\n{body}";
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request), patience.Token);
        using var reader = new StreamReader(client.GetStream(), Encoding.UTF8);
        return await reader.ReadToEndAsync(patience.Token);
    }
}
