// Drops logits in place by setting them to -inf: they are sorted once, and both filters drop from the sorted order's lower end.
#include "device.cuh"

/// Sorts like the logit, and of equal ones by index: the value's order in the high half, where -0 is 0.
__device__ __forceinline__ uint64 sort_key(float logit, int index)
{
    const int bits = __float_as_int(logit + 0.0f);
    const uint32 ascending = (uint32)(bits ^ ((bits >> 31) | (int)0x80000000));
    return (uint64)ascending << 32 | (uint32)index;
}

__device__ __forceinline__ float logit_of(uint64 key)
{
    const uint32 ascending = (uint32)(key >> 32);
    return __int_as_float((int)(ascending & 0x80000000 ? ascending ^ 0x80000000 : ~ascending));
}

/// Bitonic, ascending; count is a power of two. A barrier stands before and after.
__device__ __forceinline__ void sort_block(uint64* keys, int count)
{
    for (int size = 2; size <= count; size *= 2)
    {
        for (int step = size / 2; step > 0; step /= 2)
        {
            __syncthreads();
            for (int pair = threadIdx.x; pair < count / 2; pair += blockDim.x)
            {
                const int low = 2 * pair - (pair & (step - 1));
                const uint64 a = keys[low];
                const uint64 b = keys[low + step];
                if ((a > b) == ((low & size) == 0))
                {
                    keys[low] = b;
                    keys[low + step] = a;
                }
            }
        }
    }

    __syncthreads();
}

/// Fills keys with the logits above -inf in ascending order, and behind them with what sorts after all. Returns how many there are.
__device__ __forceinline__ int sort_kept(uint64* keys, const float* logits, int count, int sorted)
{
    int kept = 0;
    for (int v = threadIdx.x; v < sorted; v += blockDim.x)
    {
        const bool keeps = v < count && logits[v] > minus_infinity();
        keys[v] = keeps ? sort_key(logits[v], v) : ~0ull;
        kept += keeps;
    }

    sort_block(keys, sorted);
    return block_sum(kept);
}

/// How many of the sorted keys lie strictly below the k-th largest logit, so that ties with it stay.
__device__ __forceinline__ int below_top_k(const uint64* keys, int kept, int k)
{
    if (k > kept)
    {
        return 0;
    }

    const uint64 threshold = keys[kept - k] >> 32;
    int low = 0;
    int high = kept - k;
    while (low < high)
    {
        const int middle = (low + high) / 2;
        if (keys[middle] >> 32 < threshold)
        {
            low = middle + 1;
        }
        else
        {
            high = middle;
        }
    }

    return low;
}

/// How many of the sorted keys [0, count), but the last, from the smallest up have probabilities whose running sum is at most 1 - p. Sums
/// are in float64; a thread has some neighbours.
__device__ __forceinline__ int below_top_p(const uint64* keys, int count, double p)
{
    const int each = (count + blockDim.x - 1) / blockDim.x;
    const int first = min((int)threadIdx.x * each, count);
    const int end = min(first + each, count);
    const float highest = logit_of(keys[count - 1]);
    double sum = 0;
    for (int i = first; i < end; i++)
    {
        sum += expf(logit_of(keys[i]) - highest);
    }

    const double total = block_sum(sum);
    sum = 0;
    for (int i = first; i < end; i++)
    {
        sum += (float)(expf(logit_of(keys[i]) - highest) / total);
    }

    sum = block_sum_before(sum);
    const float limit = (float)(1 - p);
    int below = 0;
    for (int i = first; i < min(end, count - 1); i++)
    {
        sum += (float)(expf(logit_of(keys[i]) - highest) / total);
        below += !((float)sum > limit);
    }

    return block_sum(below);
}

/// Top-k, then top-p on what it left.
__device__ __forceinline__ void filter_logits(float* logits, int count, const Draw& draw, uint64* keys, int sorted)
{
    const bool byCount = draw.topK > 0 && draw.topK < count;
    if (!byCount && !(draw.topP > 0))
    {
        return;
    }

    const int kept = sort_kept(keys, logits, count, sorted);
    int dropped = byCount ? below_top_k(keys, kept, draw.topK) : 0;
    dropped += draw.topP > 0 && kept > 0 ? below_top_p(keys + dropped, kept - dropped, draw.topP) : 0;
    for (int i = threadIdx.x; i < dropped; i += blockDim.x)
    {
        logits[(uint32)keys[i]] = minus_infinity();
    }

    __syncthreads();
}
