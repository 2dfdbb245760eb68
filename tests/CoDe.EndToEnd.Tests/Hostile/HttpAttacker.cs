using System.Net.Sockets;
using System.Text;

namespace CoDe.EndToEnd.Hostile;

/// <summary>Malformed HTTP/1.1 exchanges, each on a connection of its own and wholly made by its seed.</summary>
internal sealed class HttpAttacker(int port)
{
    private static readonly TimeSpan LongestReaction = TimeSpan.FromSeconds(10);

    private static readonly string[] RequestLines =
    [
        "GET", "GET /", "GET / HTTP/9.9", "\u0001\u0002 / HTTP/1.1", "GET /\u0000 HTTP/1.1", "GET  /  HTTP/1.1", "get / http/1.1", "GET /%zz HTTP/1.1",
        "POST /v1/generate HTTP/1.1 x", "PRI * HTTP/2.0", "BREW /v1/models HTTP/1.1",
    ];

    private static readonly string[] Headers =
    [
        "Host: a\r\nHost: b", "Content-Length: -1", "Content-Length: 1\r\nContent-Length: 2", "Transfer-Encoding: chunked\r\nContent-Length: 3", ": empty",
        "Bad Name: x", "X: \u0000", "Content-Length: 99999999999999999999", "Transfer-Encoding: brotli", " folded: x",
    ];

    private static readonly string[] Bodies =
    [
        "", "{", "[]", "null", "\"x\"", "{\"labels\": 3}", "{\"labels\": [\"unicorn\"]}", "{\"labels\": [\"1\"], \"seed\": \"-1\"}", "{\"nothing\": 1}",
        "{\"labels\": [\"1\"], \"steps\": 1e99}", "{\"labels\": [\"1\"], \"settings\": {\"guidance\": \"NaN\"}}", "\u00ff\u00fe",
        "{\"request\": {\"labels\": [\"1\"]}, \"image\": {\"data\": \"!\"}}",
    ];

    /// <returns>The status line's number, <c>closed</c>, or <see cref="Reaction.Hang"/>.</returns>
    public async Task<string> RunAsync(int seed)
    {
        using var limit = new CancellationTokenSource(LongestReaction);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync("127.0.0.1", port, limit.Token);
            await socket.SendAsync(Encoding.Latin1.GetBytes(Exchange(new Random(seed))), limit.Token);
            socket.Shutdown(SocketShutdown.Send);
            var answer = new byte[64];
            var read = await socket.ReceiveAsync(answer, limit.Token);
            return read > 12 ? Encoding.ASCII.GetString(answer, 9, 3) : "closed";
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

    private static string Exchange(Random random)
    {
        const string Good = "Host: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n";
        var body = Bodies[random.Next(Bodies.Length)];
        var path = random.Next(2) == 0 ? "/v1/generate" : "/v1/edit";
        return random.Next(6) switch
        {
            0 => $"{RequestLines[random.Next(RequestLines.Length)]}\r\n{Good}\r\n",
            1 => $"POST {path} HTTP/1.1\r\n{Good}{Headers[random.Next(Headers.Length)]}\r\n\r\n{body}",
            2 => $"POST {path} HTTP/1.1\r\n{Good}Content-Length: {body.Length + random.Next(1, 1000)}\r\n\r\n{body}",
            3 => $"POST {path} HTTP/1.1\r\n{Good}Transfer-Encoding: chunked\r\n\r\n{random.Next(5) switch { 0 => "zz", 1 => "-1", 2 => "ffffffffffffffff", 3 => "5\r\nab", _ => "" }}\r\n{body}",
            4 => $"GET /v1/image?{new string((char)random.Next(33, 127), random.Next(1, 9000))} HTTP/1.1\r\n{Good}\r\n",
            _ => $"POST {path} HTTP/1.1\r\n{Good}Content-Length: {body.Length}\r\n\r\n{body}",
        };
    }
}
