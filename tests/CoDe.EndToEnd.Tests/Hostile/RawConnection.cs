using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace CoDe.EndToEnd.Hostile;

/// <summary>A frame of the server.</summary>
internal readonly record struct ServerFrame(FrameType Type, byte Flags, uint Stream, ReadOnlyMemory<byte> Payload)
{
    public bool EndsStream => Type is FrameType.Data or FrameType.Headers && (Flags & FrameWriter.EndStream) != 0;

    public bool IsAck => (Flags & FrameWriter.Ack) != 0;

    public uint Code(int offset) => BinaryPrimitives.ReadUInt32BigEndian(Payload.Span[offset..]);
}

/// <summary>A TCP connection that sends raw bytes and splits the answer into frames.</summary>
internal sealed class RawConnection : IDisposable
{
    private const int HeadBytes = 9;

    private readonly TcpClient _client;
    private readonly NetworkStream _stream;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    private RawConnection(TcpClient client) => (_client, _stream) = (client, client.GetStream());

    public static async Task<RawConnection> OpenAsync(int port, CancellationToken cancellation)
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(IPAddress.Loopback, port, cancellation);
        return new RawConnection(client);
    }

    /// <summary>Sends bytes. The server may close meanwhile, which the reading side sees.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        try
        {
            await _stream.WriteAsync(bytes, cancellation);
        }
        catch (IOException)
        {
        }
    }

    public void EndSending()
    {
        try
        {
            _client.Client.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
        }
    }

    /// <summary>Makes the connection end with a reset, as by a crash of the client.</summary>
    public void Abort() => _client.LingerState = new LingerOption(true, 0);

    /// <summary>Reads a frame, valid until the next call; null once the server closed or answers in HTTP/1.1.</summary>
    public async ValueTask<ServerFrame?> ReadAsync(CancellationToken cancellation)
    {
        if (!await FillAsync(HeadBytes, cancellation) || _buffer.AsSpan(_start).StartsWith("HTTP/"u8))
        {
            return null;
        }

        var length = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start)) >>> 8;
        if (!await FillAsync(HeadBytes + length, cancellation))
        {
            return null;
        }

        var head = _buffer.AsSpan(_start, HeadBytes);
        var stream = BinaryPrimitives.ReadUInt32BigEndian(head[5..]);
        var payload = _buffer.AsMemory(_start + HeadBytes, length);
        var frame = new ServerFrame((FrameType)head[3], head[4], stream, payload);
        _start += HeadBytes + length;
        return frame;
    }

    public void Dispose() => _client.Dispose();

    private async ValueTask<bool> FillAsync(int count, CancellationToken cancellation)
    {
        if (_end - _start < count)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        while (_end - _start < count)
        {
            var read = await ReceiveAsync(_buffer.AsMemory(_end), cancellation);
            if (read == 0)
            {
                return false;
            }

            _end += read;
        }

        return true;
    }

    private async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        try
        {
            return await _stream.ReadAsync(buffer, cancellation);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
