using System.Buffers;

namespace Grpc.Core.Wire;

/// <summary>A message that comes in parts, put together in a pooled array.</summary>
/// <param name="length">All of its bytes.</param>
internal sealed class GatheredMessage(int length) : IDisposable
{
    /// <summary>Taken on the word of the other side; for a longer message more is taken as its bytes come.</summary>
    private const int FirstBytes = 1 << 20;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(Math.Min(length, FirstBytes));
    private int _filled;

    public int Missing => length - _filled;

    public ReadOnlySequence<byte> Bytes => new(_bytes, 0, length);

    /// <summary>Where the next bytes go; not empty while some are missing.</summary>
    public Memory<byte> Room()
    {
        if (_filled == _bytes.Length && Missing > 0)
        {
            var more = ArrayPool<byte>.Shared.Rent((int)Math.Min(length, 2L * _filled));
            _bytes.CopyTo(more, 0);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = more;
        }

        return _bytes.AsMemory(_filled, Math.Min(_bytes.Length, length) - _filled);
    }

    public void Advance(int count) => _filled += count;

    public void Dispose() => ArrayPool<byte>.Shared.Return(_bytes);
}
