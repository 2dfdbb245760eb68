using CoDe.Engine.Compute.Cpu.Simd;

namespace CoDe.Engine.Compute.Cpu.Kernels;

/// <summary>Product of copied pieces of maps and a panel of a convolution's weight.</summary>
internal unsafe interface IMapTile
{
    /// <summary>Bytes of a number as it is copied.</summary>
    static abstract int ElementBytes { get; }

    /// <summary>Bytes of one input's weights.</summary>
    static abstract int Step { get; }

    /// <summary>Copies numbers of a map.</summary>
    void Copy(byte* destination, float* source, int count);

    /// <summary>
    /// Computes tile (rows, panel width) = left (rows, segments x depth) x panel. Rows of the tile lie one behind the
    /// other.
    /// </summary>
    /// <param name="stride">Bytes from a row to the next.</param>
    /// <param name="offsets">Bytes from a row to each of its segments.</param>
    void Multiply(
        float* tile, int rows, byte* left, nint stride, nint* offsets, int segments, int depth, byte* panel);
}

/// <summary>Tile of float32.</summary>
internal readonly unsafe struct Float32MapTile<V> : IMapTile
    where V : unmanaged, ISimd<V>
{
    public static int ElementBytes => sizeof(float);

    public static int Step => Float32Panel<V>.Step;

    public void Copy(byte* destination, float* source, int count)
        => new ReadOnlySpan<float>(source, count).CopyTo(new Span<float>(destination, count));

    public void Multiply(
        float* tile, int rows, byte* left, nint stride, nint* offsets, int segments, int depth, byte* panel)
        => RegisterTile<V, Float32Panel<V>>.Multiply(
            tile, 2 * V.Count, rows, (float*)left, stride, offsets, segments, depth, panel);
}
