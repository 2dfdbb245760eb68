#include "device.cuh"

/// scores = (logits * sharpness + noise) / temperature; returns the highest of this thread's.
__device__ __forceinline__ float score_codes(
    float* scores, const float* logits, int count, float sharpness, float temperature, uint32 position, const Draw& draw)
{
    float highest = minus_infinity();
    for (int first = threadIdx.x * 4; first < count; first += blockDim.x * 4)
    {
        const int lanes = min(4, count - first);
        FourFloats noise = {};
        if (any_kept(logits + first, lanes))
        {
            noise = gumbel((uint32)first >> 2, position, draw.image, NoiseOfMixture, draw.seed);
        }

#pragma unroll
        for (int lane = 0; lane < 4; lane++)
        {
            if (lane < lanes)
            {
                const float score = (logits[first + lane] * sharpness + noise.of[lane]) / temperature;
                scores[first + lane] = score;
                highest = fmaxf(highest, score);
            }
        }
    }

    return highest;
}

/// Of the images whose draw is smooth: y = softmax((logits * sharpness + noise) / temperature) @ codebook, a block a row. Dynamic shared
/// memory is 4 bytes x vocabulary.
KERNEL __launch_bounds__(256) mix_codes(
    Matrix y, Matrix logits, Matrix codebook, const Draw* draws, int tokens, float sharpness, float temperature, int firstPosition)
{
    DYNAMIC_SHARED(float, weights);
    __shared__ float parts[8][32];
    const int r = blockIdx.x;
    const Draw draw = draws[r / tokens];
    if (!draw.smooth)
    {
        return;
    }

    const int count = logits.columns;
    const uint32 position = (uint32)(firstPosition + r % tokens);
    const float highest = block_highest(score_codes(weights, row<float>(logits, r), count, sharpness, temperature, position, draw));
    double sum = 0;
    for (int v = threadIdx.x; v < count; v += blockDim.x)
    {
        weights[v] = expf(weights[v] - highest);
        sum += weights[v] > 0 ? weights[v] : 0;
    }

    const float rate = (float)(1 / block_sum(sum));
    const int lane = threadIdx.x % 32;
    const int warp = threadIdx.x / 32;
    for (int first = 0; first < y.columns; first += 32)
    {
        const int c = first + lane;
        float part = 0;
        for (int v = warp; v < count; v += 8)
        {
            if (weights[v] > 0 && c < y.columns)
            {
                part = fmaf(weights[v], at<float>(codebook, v, c), part);
            }
        }

        parts[warp][lane] = part;
        __syncthreads();
        if (warp == 0 && c < y.columns)
        {
            float mixture = 0;
            for (int other = 0; other < 8; other++)
            {
                mixture += parts[other][lane];
            }

            at<float>(y, r, c) = mixture * rate;
        }

        __syncthreads();
    }
}
