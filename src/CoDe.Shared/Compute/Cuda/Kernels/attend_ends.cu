// Which keys a query sees.
#include "device.cuh"

/// Queries before end[i], and not before end[i - 1], see the keys before end[i]: one end is a scale that sees all, several are the
/// block-causal pass over a prefix.
struct Ends
{
    int count;
    int end[16];
};

__device__ __forceinline__ int last_end(const Ends& ends)
{
    int last = 0;
#pragma unroll
    for (int i = 0; i < 16; i++)
    {
        last = i < ends.count ? ends.end[i] : last;
    }

    return last;
}

/// The number of keys that the query at a position sees. The loop is unrolled so that the ends stay where parameters are.
__device__ __forceinline__ int keys_seen(const Ends& ends, int position)
{
    int seen = 0;
#pragma unroll
    for (int i = 15; i >= 0; i--)
    {
        seen = i < ends.count && ends.end[i] > position ? ends.end[i] : seen;
    }

    return seen;
}
