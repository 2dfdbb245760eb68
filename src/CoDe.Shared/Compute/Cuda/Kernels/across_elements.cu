// Which element of a matrix a thread of a flat launch makes, and elements that are read or written together.
#include "device.cuh"

struct Element
{
    int row;
    int column;
    bool exists;
};

/// Blocks walk over the matrix row-major, a thread an element. The division of 64 bits, which costs much, is for large matrices only.
__device__ __forceinline__ Element element_of(Matrix y)
{
    const int64 index = (int64)blockIdx.x * blockDim.x + threadIdx.x;
    const int64 count = (int64)y.rows * y.columns;
    if (index >= count)
    {
        return {0, 0, false};
    }

    if (count <= 0x7FFFFFFF)
    {
        const uint32 r = (uint32)index / (uint32)y.columns;
        return {(int)r, (int)((uint32)index - r * (uint32)y.columns), true};
    }

    const int64 r = index / y.columns;
    return {(int)r, (int)(index - r * y.columns), true};
}

template <class T>
__device__ __forceinline__ T& at(Matrix m, int64 r, int c)
{
    return row<T>(m, r)[c];
}

/// The row of per-sequence vectors that a row belongs to: the last one serves all sequences that have none of their own.
__device__ __forceinline__ int sequence_row(int r, int rowsPerSequence, Matrix vectors)
{
    return min(r / rowsPerSequence, vectors.rows - 1);
}

/// N neighbours that one instruction moves, where their address is a multiple of their size.
template <class T, int N>
struct alignas(sizeof(T) * N) Pack
{
    T of[N];
};

template <class T, int N>
__device__ __forceinline__ bool is_aligned(const T* address)
{
    return (uint64)address % (sizeof(T) * N) == 0;
}

template <int N, class T>
__device__ __forceinline__ Pack<T, N> load_pack(const T* address)
{
    return *reinterpret_cast<const Pack<T, N>*>(address);
}

template <class T>
__device__ __forceinline__ void load_four(float (&values)[4], const T* source)
{
    const Pack<T, 4> pack = load_pack<4>(source);
#pragma unroll
    for (int i = 0; i < 4; i++)
    {
        values[i] = to_float(pack.of[i]);
    }
}

/// Stores two neighbours, or only the first where there is no second, at once where the address allows.
template <class T>
__device__ __forceinline__ void store_pair(T* address, float first, float second, bool both)
{
    if (both && is_aligned<T, 2>(address))
    {
        *reinterpret_cast<Pack<T, 2>*>(address) = {{from_float<T>(first), from_float<T>(second)}};
        return;
    }

    address[0] = from_float<T>(first);
    if (both)
    {
        address[1] = from_float<T>(second);
    }
}
