// The product of a block of 256 threads in float32: 64 x 64 elements, 16 deep at a time. Each element is one chain of fmaf in the order of
// k, so the tile's size decides no bit.
#include "device.cuh"

const int BlockSide = 64;
const int BlockDepth = 16;

/// The row, from the block's first, and the first of the four k that a thread loads.
__device__ __forceinline__ int loaded_row()
{
    return threadIdx.x / 4;
}

__device__ __forceinline__ int loaded_depth()
{
    return threadIdx.x % 4 * 4;
}

/// Four neighbours of a row, zero where it ends.
template <class T>
__device__ __forceinline__ void load_four_of(float (&values)[4], const T* start, int k, int depth)
{
    if (start != nullptr && k + 4 <= depth && is_aligned<T, 4>(start + k))
    {
        load_four(values, start + k);
        return;
    }

#pragma unroll
    for (int i = 0; i < 4; i++)
    {
        values[i] = start != nullptr && k + i < depth ? to_float(start[k + i]) : 0;
    }
}

/// A thread's row of a matrix whose rows are multiplied.
template <class T>
struct MatrixRow
{
    const T* start;
    int depth;

    __device__ __forceinline__ MatrixRow(Matrix m, int64 r) : start(r < m.rows ? row<T>(m, r) : nullptr), depth(m.columns)
    {
    }

    __device__ __forceinline__ void load(float (&values)[4], int k) const
    {
        load_four_of(values, start, k, depth);
    }
};

struct BlockTile
{
    float left[2][BlockDepth][BlockSide + 4];
    float right[2][BlockDepth][BlockSide + 4];
};

__device__ __forceinline__ void store_column(float (&tile)[BlockDepth][BlockSide + 4], const float (&values)[4])
{
#pragma unroll
    for (int i = 0; i < 4; i++)
    {
        tile[loaded_depth() + i][loaded_row()] = values[i];
    }
}

__device__ __forceinline__ void multiply_tile(
    float (&sums)[4][4], const float (&left)[BlockDepth][BlockSide + 4], const float (&right)[BlockDepth][BlockSide + 4])
{
#pragma unroll
    for (int k = 0; k < BlockDepth; k++)
    {
        const Pack<float, 4> a = load_pack<4>(&left[k][threadIdx.x / 16 * 4]);
        const Pack<float, 4> b = load_pack<4>(&right[k][threadIdx.x % 16 * 4]);
#pragma unroll
        for (int i = 0; i < 4; i++)
        {
#pragma unroll
            for (int j = 0; j < 4; j++)
            {
                sums[i][j] = fmaf(a.of[i], b.of[j], sums[i][j]);
            }
        }
    }
}

/// sums[i][j] = left row 4 (thread / 16) + i times right row 4 (thread mod 16) + j. The next tiles are on their way while these are
/// multiplied. Left and Right load four k of the thread's row.
template <class Left, class Right>
__device__ __forceinline__ void block_product(float (&sums)[4][4], const Left& left, const Right& right, int depth)
{
    __shared__ BlockTile tile;
    float a[4];
    float b[4];
    left.load(a, loaded_depth());
    right.load(b, loaded_depth());
    store_column(tile.left[0], a);
    store_column(tile.right[0], b);
    __syncthreads();
    for (int k = 0; k < depth; k += BlockDepth)
    {
        const int now = k / BlockDepth % 2;
        const bool more = k + BlockDepth < depth;
        if (more)
        {
            left.load(a, k + BlockDepth + loaded_depth());
            right.load(b, k + BlockDepth + loaded_depth());
        }

        multiply_tile(sums, tile.left[now], tile.right[now]);
        if (more)
        {
            store_column(tile.left[1 - now], a);
            store_column(tile.right[1 - now], b);
        }

        __syncthreads();
    }
}
