using System.Net.Sockets;
using System.Text;

namespace CoDe.EndToEnd.Hostile;

/// <summary>Runs malformed HTTP/1.1 exchanges, each on a connection of its own and decided by its seed.</summary>
internal sealed class HttpAttacker(int port)
{
    private static readonly TimeSpan LongestReaction = TimeSpan.FromSeconds(10);

    private static readonly string[] RequestLines =
    [
        "GET", "GET /", "GET / HTTP/9.9",
        "\u0001\u0002 / HTTP/1.1", "GET /\u0000 HTTP/1.1", "GET  /  HTTP/1.1", "get / http/1.1",
        "GET /%zz HTTP/1.1", "POST /v1/generate HTTP/1.1 x", "PRI * HTTP/2.0", "BREW /v1/models HTTP/1.1",
    ];

    private static readonly string[] Headers =
    [
        "Host: a\r\nHost: b", "Content-Length: -1", "Content-Length: 1\r\nContent-Length: 2",
        "Transfer-Encoding: chunked\r\nContent-Length: 3", ": empty", "Bad Name: x",
        "X: \u0000", "Content-Length: 99999999999999999999", "Transfer-Encoding: brotli", " folded: x",
    ];

    private static readonly string[] Bodies =
    [
        "", "{", "[]", "null", "\"x\"", "{\"labels\": 3}", "{\"labels\": [\"unicorn\"]}",
        "{\"labels\": [\"1\"], \"seed\": \"-1\"}", "{\"nothing\": 1}",
        "{\"labels\": [\"1\"], \"steps\": 1e99}",
        "{\"labels\": [\"1\"], \"settings\": {\"guidance\": \"NaN\"}}", "\u00ff\u00fe",
        "{\"request\": {\"labels\": [\"1\"]}, \"image\": {\"data\": \"!\"}}",
    ];

    private static readonly string[] Chunks = ["zz\r\n", "-1\r\n", "ffffffffffffffff\r\n", "5\r\nab", ""];

    /// <returns>The status code, <c>closed</c>, or <see cref="Reaction.Hang"/>.</returns>
    public async Task<string> RunAsync(int seed)
    {
        using var limit = new CancellationTokenSource(LongestReaction);
        using var client = new TcpClient { NoDelay = true };
        var socket = client.Client;
        var (bytes, isCut) = Exchange(new Random(seed));
        try
        {
            await socket.ConnectAsync("127.0.0.1", port, limit.Token);
            await socket.SendAsync(Encoding.Latin1.GetBytes(bytes), limit.Token);
            if (isCut)
            {
                socket.Shutdown(SocketShutdown.Send);
            }

            var answer = new byte[64];
            var read = await socket.ReceiveAsync(answer, limit.Token);
            return Encoding.ASCII.GetString(answer, 0, read) switch
            {
                ['H', 'T', 'T', 'P', '/', '1', '.', '1', ' ', .. var rest] => rest[..3],
                "" => "closed",
                _ => "HTTP/2 frame",
            };
        }
        catch (SocketException)
        {
            return "closed";
        }
        catch (OperationCanceledException)
        {
            return Reaction.Hang;
        }
    }

    /// <returns>Bytes as Latin-1, and whether the server would wait for more.</returns>
    private static (string Bytes, bool IsCut) Exchange(Random random)
    {
        const string Good = "Host: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n";
        var body = Pick(random, Bodies);
        var post = $"POST {(random.Next(2) == 0 ? "/v1/generate" : "/v1/edit")} HTTP/1.1\r\n{Good}";
        var chunk = Pick(random, Chunks);
        return random.Next(6) switch
        {
            0 => ($"{Pick(random, RequestLines)}\r\n{Good}\r\n", true),
            1 => ($"{post}{Pick(random, Headers)}\r\n\r\n{body}", true),
            2 => ($"{post}Content-Length: {body.Length + random.Next(1, 1000)}\r\n\r\n{body}", true),
            3 => ($"{post}Transfer-Encoding: chunked\r\n\r\n{chunk}\r\n{body}", chunk.EndsWith('b')),
            4 => ($"GET /v1/image?{Query(random)} HTTP/1.1\r\n{Good}\r\n", false),
            _ => ($"{post}Content-Length: {body.Length}\r\n\r\n{body}", false),
        };
    }

    private static string Query(Random random) => new((char)random.Next(33, 127), random.Next(1, 9000));

    private static string Pick(Random random, string[] choices) => choices[random.Next(choices.Length)];
}
