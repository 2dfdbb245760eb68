#include "device.cuh"

/// logits = (1 + t) conditional - t unconditional, in place.
__device__ __forceinline__ void guide(float* conditional, const float* unconditional, int count, double guidance)
{
    const float more = (float)(1 + guidance);
    const float less = (float)-guidance;
    for (int v = threadIdx.x; v < count; v += blockDim.x)
    {
        conditional[v] = fmaf(unconditional[v], less, conditional[v] * more);
    }
}

/// Noise is made only where a logit was kept.
__device__ __forceinline__ bool any_kept(const float* logits, int lanes)
{
    for (int lane = 0; lane < lanes; lane++)
    {
        if (logits[lane] > minus_infinity())
        {
            return true;
        }
    }

    return false;
}

/// The entry with the highest logit / temperature + noise: a draw from softmax(logits / temperature).
__device__ __forceinline__ Contender race(const float* logits, int count, float temperature, uint32 position, uint32 image, uint64 seed)
{
    Contender best = {minus_infinity(), 0};
    for (int first = threadIdx.x * 4; first < count; first += blockDim.x * 4)
    {
        const int lanes = min(4, count - first);
        if (!any_kept(logits + first, lanes))
        {
            continue;
        }

        const FourFloats noise = gumbel((uint32)first >> 2, position, image, NoiseOfTokens, seed);
#pragma unroll
        for (int lane = 0; lane < 4; lane++)
        {
            const float score = lane < lanes ? logits[first + lane] / temperature + noise.of[lane] : minus_infinity();
            best = score > best.score ? Contender{score, first + lane} : best;
        }
    }

    return block_winner(best);
}

/// Guides and filters the logits in place, -inf where dropped, and draws a token from each row: docs/decoding.md. A block a token; dynamic
/// shared memory is 8 bytes x sorted, the vocabulary rounded up to a power of two.
KERNEL __launch_bounds__(256) draw_tokens(Matrix tokens, Matrix logits, const Draw* draws, int firstPosition, int sorted)
{
    DYNAMIC_SHARED(uint64, keys);
    const int task = blockIdx.x;
    const int image = task / tokens.columns;
    const int token = task % tokens.columns;
    const int tasks = tokens.rows * tokens.columns;
    const Draw draw = draws[image];
    float* const guided = row<float>(logits, task);
    if (logits.rows > tasks)
    {
        guide(guided, row<float>(logits, (int64)tasks + task), logits.columns, draw.guidance);
    }

    __syncthreads();
    filter_logits(guided, logits.columns, draw, keys, sorted);
    const Contender winner
        = race(guided, logits.columns, (float)draw.temperature, (uint32)(firstPosition + token), draw.image, draw.seed);
    if (threadIdx.x == 0)
    {
        at<int>(tokens, image, token) = winner.index;
    }
}
