// The product of a block on tensor cores. Each element is one float32 accumulator to which k comes in steps of 16 in order, so every tile
// gives the same bits. Some stages of the operands are always on their way from memory to shared memory.
#include "device.cuh"

/// Rows x Columns elements by WarpsDown x WarpsAcross warps, Depth at a time. Rows in shared memory are 16 bytes longer than Depth: the eight
/// rows that a matrix is loaded from then lie on different banks.
template <int RowCount, int ColumnCount, int DownCount, int AcrossCount, int DepthCount, int StageCount>
struct TileShape
{
    static const int Rows = RowCount;
    static const int Columns = ColumnCount;
    static const int WarpsAcross = AcrossCount;
    static const int Threads = DownCount * AcrossCount * 32;
    static const int Depth = DepthCount;
    static const int Stages = StageCount;
    static const int Stride = Depth + 8;
    static const int RowTiles = Rows / DownCount / 16;
    static const int ColumnTiles = Columns / AcrossCount / 8;

    /// A thread copies the same eight of k of each RowStep-th row.
    static const int RowStep = Threads / (Depth / 8);
    static const int LeftCopies = Rows / RowStep;
    static const int RightCopies = Columns / RowStep;
};

// Dynamic shared memory is Stages x (Rows + Columns) x (Depth + 8) x 2 bytes. The small tile is for products that wait for weights, so it
// has more of them on their way.
typedef TileShape<16, 32, 1, 4, 64, 4> Tile16x32;     // 27648 bytes, 128 threads
typedef TileShape<64, 64, 2, 2, 32, 3> Tile64x64;     // 30720 bytes, 128 threads
typedef TileShape<128, 128, 2, 4, 32, 3> Tile128x128; // 61440 bytes, 256 threads

/// Eight of a row to shared memory, of which the first count are there and others are zero.
template <class T>
__device__ __forceinline__ void copy_eight(T* shared, const T* source, int count)
{
    if (count >= 8 && is_aligned<T, 8>(source))
    {
        copy_async16(shared, source, true);
        return;
    }

    Pack<T, 8> eight;
#pragma unroll
    for (int i = 0; i < 8; i++)
    {
        eight.of[i] = i < count ? source[i] : from_float<T>(0);
    }

    *reinterpret_cast<Pack<T, 8>*>(shared) = eight;
}

/// The rows of a matrix that a thread copies.
template <class T, int Count>
struct MatrixRows
{
    const T* start[Count];
    int depth;

    __device__ __forceinline__ MatrixRows(Matrix m, int64 first, int step) : depth(m.columns)
    {
#pragma unroll
        for (int i = 0; i < Count; i++)
        {
            start[i] = first + i * step < m.rows ? row<T>(m, first + i * step) : nullptr;
        }
    }

    __device__ __forceinline__ void copy(T* shared, int i, int k) const
    {
        copy_eight(shared, start[i] + k, start[i] != nullptr ? depth - k : 0);
    }
};

template <class Shape, class T, class Left, class Right>
__device__ __forceinline__ void copy_stage(T* left, T* right, const Left& lefts, const Right& rights, int k)
{
    const int place = threadIdx.x / (Shape::Depth / 8) * Shape::Stride + threadIdx.x % (Shape::Depth / 8) * 8;
    k += threadIdx.x % (Shape::Depth / 8) * 8;
#pragma unroll
    for (int i = 0; i < Shape::LeftCopies; i++)
    {
        lefts.copy(left + place + i * Shape::RowStep * Shape::Stride, i, k);
    }

#pragma unroll
    for (int i = 0; i < Shape::RightCopies; i++)
    {
        rights.copy(right + place + i * Shape::RowStep * Shape::Stride, i, k);
    }
}

/// The warp's first row (or column) in the block.
template <class Shape>
__device__ __forceinline__ int warp_row()
{
    return threadIdx.x / 32 / Shape::WarpsAcross * Shape::RowTiles * 16;
}

template <class Shape>
__device__ __forceinline__ int warp_column()
{
    return threadIdx.x / 32 % Shape::WarpsAcross * Shape::ColumnTiles * 8;
}

/// Adds a stage, of which depth remain; steps of 16 that lie beyond are left out in every shape alike.
template <class Shape, class T>
__device__ __forceinline__ void multiply_stage(
    float (&sums)[Shape::RowTiles][Shape::ColumnTiles][4], const T* left, const T* right, int depth)
{
    const int lane = threadIdx.x % 32;
    left += (warp_row<Shape>() + lane % 16) * Shape::Stride + lane / 16 * 8;
    right += (warp_column<Shape>() + lane % 8) * Shape::Stride + lane / 8 * 8;
#pragma unroll
    for (int k = 0; k < Shape::Depth; k += 32)
    {
        uint32 b[Shape::ColumnTiles][4]; // two steps
#pragma unroll
        for (int j = 0; j < Shape::ColumnTiles; j++)
        {
            load_matrices(b[j], right + j * 8 * Shape::Stride + k);
        }

#pragma unroll
        for (int step = 0; step < 2; step++)
        {
            if (k + step * 16 < depth)
            {
#pragma unroll
                for (int i = 0; i < Shape::RowTiles; i++)
                {
                    uint32 a[4];
                    load_matrices(a, left + i * 16 * Shape::Stride + k + step * 16);
#pragma unroll
                    for (int j = 0; j < Shape::ColumnTiles; j++)
                    {
                        const uint32 pair[2] = {b[j][step * 2], b[j][step * 2 + 1]};
                        mma(sums[i][j], a, pair, T());
                    }
                }
            }
        }
    }
}

/// sums += lefts x rights^T over depth, both given row by row.
template <class Shape, class T, class Left, class Right>
__device__ __forceinline__ void block_product_tiles(
    float (&sums)[Shape::RowTiles][Shape::ColumnTiles][4], const Left& lefts, const Right& rights, int depth)
{
    DYNAMIC_SHARED(T, tiles);
    const int stage = (Shape::Rows + Shape::Columns) * Shape::Stride;
    const int right = Shape::Rows * Shape::Stride;
    const int count = (depth + Shape::Depth - 1) / Shape::Depth;
#pragma unroll
    for (int i = 0; i < Shape::Stages - 1; i++)
    {
        if (i < count)
        {
            copy_stage<Shape>(tiles + i * stage, tiles + i * stage + right, lefts, rights, i * Shape::Depth);
        }

        copy_async_commit();
    }

    for (int i = 0; i < count; i++)
    {
        copy_async_wait<Shape::Stages - 2>();
        __syncthreads(); // stage i has come for all threads, and all are done with the one that is overwritten next
        const int next = i + Shape::Stages - 1;
        if (next < count)
        {
            T* const free = tiles + next % Shape::Stages * stage;
            copy_stage<Shape>(free, free + right, lefts, rights, next * Shape::Depth);
        }

        copy_async_commit();
        const T* const now = tiles + i % Shape::Stages * stage;
        multiply_stage<Shape>(sums, now, now + right, depth - i * Shape::Depth);
    }
}

/// Sends the product to y through an epilogue, row by row, two neighbours at a time.
template <class Shape, class To, class Finish>
__device__ __forceinline__ void finish_tiles(
    const float (&sums)[Shape::RowTiles][Shape::ColumnTiles][4], Matrix y, const Finish& epilogue)
{
    const int lane = threadIdx.x % 32;
    const int64 firstRow = (int64)blockIdx.y * Shape::Rows + warp_row<Shape>() + lane / 4;
    const int firstColumn = blockIdx.x * Shape::Columns + warp_column<Shape>() + lane % 4 * 2;
#pragma unroll
    for (int i = 0; i < Shape::RowTiles * 2; i++)
    {
        const int64 r = firstRow + i * 8;
        if (r < y.rows)
        {
            const auto line = epilogue.template of_row<To>(y, r);
#pragma unroll
            for (int j = 0; j < Shape::ColumnTiles; j++)
            {
                const int c = firstColumn + j * 8;
                if (c < y.columns)
                {
                    line.store_two(c, sums[i / 2][j][i % 2 * 2], sums[i / 2][j][i % 2 * 2 + 1], c + 1 < y.columns);
                }
            }
        }
    }
}
