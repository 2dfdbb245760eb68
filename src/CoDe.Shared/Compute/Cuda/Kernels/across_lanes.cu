// Reductions over the threads of a warp or a block, which all get the result. The order is fixed by the block's size. All threads call.
#include "device.cuh"

__device__ __forceinline__ float minus_infinity()
{
    return __int_as_float((int)0xFF800000);
}

template <class N>
__device__ __forceinline__ N warp_sum(N value)
{
    for (int distance = 16; distance > 0; distance /= 2)
    {
        value += __shfl_xor_sync(0xFFFFFFFF, value, distance);
    }

    return value;
}

__device__ __forceinline__ float warp_highest(float value)
{
    for (int distance = 16; distance > 0; distance /= 2)
    {
        value = fmaxf(value, __shfl_xor_sync(0xFFFFFFFF, value, distance));
    }

    return value;
}

/// The L2 norm of a vector, at least 1e-12 so that a zero vector stays zero. All lanes of a warp call.
template <class T>
__device__ __forceinline__ float warp_norm(const T* vector, int count)
{
    float squares = 0;
    for (int c = threadIdx.x % 32; c < count; c += 32)
    {
        const float value = to_float(vector[c]);
        squares = fmaf(value, value, squares);
    }

    return fmaxf(sqrtf(warp_sum(squares)), 1e-12f);
}

template <class N>
__device__ __forceinline__ N block_sum(N value)
{
    __shared__ N parts[32];
    value = warp_sum(value);
    __syncthreads(); // a sum before this one may still be read
    if (threadIdx.x % 32 == 0)
    {
        parts[threadIdx.x / 32] = value;
    }

    __syncthreads();
    N total = parts[0];
    for (int warp = 1; warp < (int)blockDim.x / 32; warp++)
    {
        total += parts[warp];
    }

    return total;
}

/// What the threads before this one have, together.
__device__ __forceinline__ double block_sum_before(double value)
{
    __shared__ double parts[32];
    const int lane = threadIdx.x % 32;
    double sum = value;
    for (int distance = 1; distance < 32; distance *= 2)
    {
        const double before = __shfl_sync(0xFFFFFFFF, sum, max(lane - distance, 0));
        sum += lane >= distance ? before : 0.0;
    }

    const double beforeInWarp = __shfl_sync(0xFFFFFFFF, sum, max(lane - 1, 0));
    __syncthreads();
    if (lane == 31)
    {
        parts[threadIdx.x / 32] = sum;
    }

    __syncthreads();
    double total = lane > 0 ? beforeInWarp : 0.0;
    double warps = 0.0;
    for (int warp = 0; warp < (int)threadIdx.x / 32; warp++)
    {
        warps += parts[warp];
    }

    return warps + total;
}

/// One of those that compete for the highest score.
struct Contender
{
    float score;
    int index;
};

/// Of equal scores, the lower index wins. A score that is no number never does.
__device__ __forceinline__ Contender winner_of(Contender a, Contender b)
{
    return b.score > a.score || (b.score == a.score && b.index < a.index) ? b : a;
}

__device__ __forceinline__ Contender block_winner(Contender mine)
{
    __shared__ Contender parts[32];
    for (int distance = 16; distance > 0; distance /= 2)
    {
        const float score = __shfl_xor_sync(0xFFFFFFFF, mine.score, distance);
        const int index = __shfl_xor_sync(0xFFFFFFFF, mine.index, distance);
        mine = winner_of(mine, {score, index});
    }

    __syncthreads();
    if (threadIdx.x % 32 == 0)
    {
        parts[threadIdx.x / 32] = mine;
    }

    __syncthreads();
    mine = parts[0];
    for (int warp = 1; warp < (int)blockDim.x / 32; warp++)
    {
        mine = winner_of(mine, parts[warp]);
    }

    return mine;
}

__device__ __forceinline__ float block_highest(float value)
{
    return block_winner({value, 0}).score;
}
