using System.IO.Compression;
using CoDe.Flow;
using CoDe.Protocol;
using Grpc.Net.Compression;

namespace CoDe.Hosting.Calls;

/// <summary>
/// Ends the decompression of a message at the largest size of one. The library compares only the compressed size with
/// the limit, and gzip makes a thousandfold of its bytes.
/// </summary>
/// <param name="largest">Bytes of a decompressed message.</param>
internal sealed class BoundedCompression(ICompressionProvider provider, int largest) : ICompressionProvider
{
    public string EncodingName => provider.EncodingName;

    public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel)
        => provider.CreateCompressionStream(stream, compressionLevel);

    public Stream CreateDecompressionStream(Stream stream)
        => new Decompressed(provider.CreateDecompressionStream(stream), largest);

    /// <summary>The bytes of a message as they are decompressed.</summary>
    private sealed class Decompressed(Stream stream, int largest) : Stream
    {
        private long _read;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => _read;
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var read = stream.Read(buffer);
            _read += read;
            return _read <= largest ? read : throw StatusMapping.CallEnd(new MessageTooLargeException(largest));
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                stream.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
