using System.Buffers.Binary;

namespace CoDe.EndToEnd.Hostile;

/// <summary>Runs attacks over one connection and returns the server's reaction to each.</summary>
internal sealed class Session : IDisposable
{
    /// <summary>Time limit of an exchange; no timer of the server should delay a reaction that long.</summary>
    private static readonly TimeSpan LongestReaction = TimeSpan.FromSeconds(10);

    private readonly RawConnection _connection;
    private readonly bool _bare;
    private readonly Dictionary<uint, Exchange> _pending = [];
    private uint _next = 1;
    private bool _greeted;
    private string? _farewell;

    private Session(RawConnection connection, bool bare) => (_connection, _bare) = (connection, bare);

    /// <summary>Gets whether more attacks can run over it.</summary>
    public bool IsUsable => _farewell is null && _next < 4000;

    /// <param name="bare">Whether the attack sends the preface itself.</param>
    public static async Task<Session> OpenAsync(int port, bool bare, CancellationToken cancellation)
        => new(await RawConnection.OpenAsync(port, cancellation), bare);

    /// <summary>Sends all at once, each on a stream of its own, and reads until each has its reaction.</summary>
    public async Task<IReadOnlyList<Reaction>> RunAsync(IReadOnlyList<(Attack Attack, Random Random)> batch)
    {
        using var limit = new CancellationTokenSource(LongestReaction);
        var exchanges = new List<Exchange>();
        var frames = new FrameWriter();
        Greet(frames);
        foreach (var (attack, random) in batch)
        {
            exchanges.Add(Write(frames, attack, random));
        }

        var sending = SendAsync(frames.Written, batch[^1].Attack.Ending, limit.Token);
        await ReactAsync(limit.Token);
        await Task.WhenAny(sending, Task.Delay(Timeout.Infinite, limit.Token));
        return [.. exchanges.Select(exchange => exchange.Reaction ?? new Reaction(_farewell ?? Reaction.Hang))];
    }

    public void Abort() => _connection.Abort();

    public void Dispose() => _connection.Dispose();

    /// <summary>Sends the preface and SETTINGS without a dynamic table, for <see cref="HeaderReader"/>.</summary>
    private void Greet(FrameWriter frames)
    {
        if (!_greeted && !_bare)
        {
            frames.Preface().Settings(1, 0, 4, 1 << 20).WindowUpdate(0, 1 << 30);
        }

        _greeted = true;
    }

    private Exchange Write(FrameWriter frames, Attack attack, Random random)
    {
        var exchange = new Exchange(attack.Ending);
        _pending[_next] = exchange;
        attack.Write(frames, _next, random);
        if (attack.Ending == Ending.Ping)
        {
            frames.Ping(_next);
        }

        _next += 2;
        return exchange;
    }

    private async Task SendAsync(ReadOnlyMemory<byte> bytes, Ending ending, CancellationToken cancellation)
    {
        try
        {
            await _connection.SendAsync(bytes, cancellation);
            if (ending == Ending.Close)
            {
                _connection.EndSending();
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task ReactAsync(CancellationToken cancellation)
    {
        try
        {
            while (_pending.Count > 0)
            {
                if (await _connection.ReadAsync(cancellation) is not { } frame)
                {
                    _farewell ??= "closed";
                    _pending.Clear();
                    return;
                }

                React(frame);
            }
        }
        catch (OperationCanceledException)
        {
            _farewell = Reaction.Hang;
        }
    }

    private void React(ServerFrame frame)
    {
        switch (frame.Type)
        {
            case FrameType.GoAway:
                _farewell = $"GOAWAY {frame.Code(4)}";
                break;
            case FrameType.Ping when frame.IsAck:
                var stream = (uint)BinaryPrimitives.ReadInt64BigEndian(frame.Payload.Span);
                Answer(stream, new Reaction("ping answered"), Ending.Ping);
                break;
            case FrameType.ResetStream:
                Answer(frame.Stream, new Reaction($"RST {frame.Code(0)}"), Ending.Answer);
                break;
            case FrameType.Headers when _pending.TryGetValue(frame.Stream, out var exchange):
                exchange.Add(HeaderReader.Read(frame.Payload.Span));
                break;
        }

        if (frame.EndsStream && _pending.TryGetValue(frame.Stream, out var ended))
        {
            Answer(frame.Stream, Reaction.Of(ended.Headers), Ending.Answer);
        }
    }

    /// <summary>Records a reaction, and ends the exchange if it is the one awaited.</summary>
    private void Answer(uint stream, Reaction reaction, Ending ending)
    {
        if (_pending.TryGetValue(stream, out var exchange))
        {
            exchange.Reaction ??= reaction;
            if (exchange.Ending == ending)
            {
                _pending.Remove(stream);
            }
        }
    }

    private sealed class Exchange(Ending ending)
    {
        public Ending Ending { get; } = ending;

        public Dictionary<string, string> Headers { get; } = [];

        public Reaction? Reaction { get; set; }

        public void Add(Dictionary<string, string> headers)
        {
            foreach (var (name, value) in headers)
            {
                Headers[name] = value;
            }
        }
    }
}
