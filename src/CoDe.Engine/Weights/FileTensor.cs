using System.Runtime.InteropServices;
using CoDe.Engine.Compute;

namespace CoDe.Engine.Weights;

/// <summary>A tensor in a file, row-major.</summary>
/// <param name="offset">Byte of the file where it begins.</param>
internal sealed class FileTensor(CheckpointFile file, string name, TensorInfo info, long offset)
    : WeightSource(name, info.Type, info.Shape)
{
    /// <summary>Bytes converted at a time.</summary>
    private const int ChunkBytes = 16384;

    public override void Read(long start, Span<float> destination)
    {
        CheckRange(start, destination.Length);
        if (Type == ElementType.Float32)
        {
            file.Read(offset + (start * Type.Size()), MemoryMarshal.AsBytes(destination));
            return;
        }

        Span<byte> chunk = stackalloc byte[ChunkBytes];
        for (var done = 0; done < destination.Length;)
        {
            var count = Math.Min(destination.Length - done, ChunkBytes / Type.Size());
            var bytes = chunk[..(count * Type.Size())];
            file.Read(offset + ((start + done) * Type.Size()), bytes);
            ElementConversion.ToSingle(bytes, destination.Slice(done, count), Type);
            done += count;
        }
    }
}

/// <summary>
/// A tensor in a file whose elements lie in another order than row-major, such as a transposed one.
/// </summary>
/// <param name="offset">Byte of the file of the first element.</param>
/// <param name="strides">Elements from an index to the next, for each dimension; not negative.</param>
internal sealed class StridedTensor(
    CheckpointFile file, string name, TensorInfo info, long offset, IReadOnlyList<long> strides)
    : WeightSource(name, info.Type, info.Shape)
{
    private readonly Lazy<byte[]> _stored = new(() => ReadAll(file, info, offset, strides));

    public override void Read(long start, Span<float> destination)
    {
        CheckRange(start, destination.Length);
        var size = Type.Size();
        ElementConversion.ToSingle(
            _stored.Value.AsSpan(checked((int)(start * size)), destination.Length * size), destination, Type);
    }

    /// <summary>Elements in row-major order, gathered once: they lie far apart in the file.</summary>
    private static byte[] ReadAll(CheckpointFile file, TensorInfo info, long offset, IReadOnlyList<long> strides)
    {
        var (size, count) = (info.Type.Size(), info.Shape.Aggregate(1L, (product, length) => product * length));
        var ordered = new byte[checked(count * size)];
        if (count == 0)
        {
            return ordered;
        }

        var extent = 1 + info.Shape.Zip(strides, (length, stride) => (length - 1) * stride).Sum();
        var stored = new byte[checked(extent * size)];
        file.Read(offset, stored);
        var index = new int[info.Shape.Count];
        var from = 0L;
        for (var element = 0L; element < count; element++)
        {
            stored.AsSpan((int)(from * size), size).CopyTo(ordered.AsSpan((int)(element * size)));
            for (var dimension = index.Length - 1; dimension >= 0; dimension--)
            {
                from += strides[dimension];
                if (++index[dimension] < info.Shape[dimension])
                {
                    break;
                }

                from -= strides[dimension] * index[dimension];
                index[dimension] = 0;
            }
        }

        return ordered;
    }
}
