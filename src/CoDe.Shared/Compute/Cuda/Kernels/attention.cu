#include "device.cuh"

const int QueryRows = 16;

/// Floats from one query's scores to the next: rounded up to four, and four more so that queries do not fall on the same banks.
__device__ __forceinline__ int score_stride(int keys)
{
    return (keys + 7) / 4 * 4;
}

/// query = source * factor, divided by its norm where asked; queries that do not exist are zero. A warp a query.
template <class T>
__device__ __forceinline__ void prepare_queries(float* tile, Matrix queries, int64 firstRow, int rows, int head, int headWidth, float factor, int normalize)
{
    for (int r = threadIdx.x / 32; r < QueryRows; r += blockDim.x / 32)
    {
        const T* const source = row<T>(queries, firstRow + min(r, rows - 1)) + (int64)head * headWidth;
        const float rate = normalize ? factor / warp_norm(source, headWidth) : factor;
        for (int c = threadIdx.x % 32; c < headWidth; c += 32)
        {
            tile[r * headWidth + c] = r < rows ? to_float(source[c]) * rate : 0;
        }
    }
}

/// scores[query][key] = query . key: a thread a key, for all queries.
template <class T>
__device__ __forceinline__ void score_keys(float* scores, const float* tile, const T* keys, int count, int headWidth)
{
    const int stride = score_stride(count);
    for (int key = threadIdx.x; key < count; key += blockDim.x)
    {
        float sums[QueryRows] = {};
        for (int c = 0; c < headWidth; c += 4)
        {
            float k[4];
            load_four(k, keys + (int64)key * headWidth + c);
#pragma unroll
            for (int r = 0; r < QueryRows; r++)
            {
                const Pack<float, 4> q = load_pack<4>(tile + r * headWidth + c);
#pragma unroll
                for (int i = 0; i < 4; i++)
                {
                    sums[r] = fmaf(q.of[i], k[i], sums[r]);
                }
            }
        }

#pragma unroll
        for (int r = 0; r < QueryRows; r++)
        {
            scores[r * stride + key] = sums[r];
        }
    }
}

/// Replaces the scores of the keys that a query sees by exp(score - highest), and others by zero. Returns the sum. A warp's work.
__device__ __forceinline__ float exponentials(float* scores, int seen, int count)
{
    const int lane = threadIdx.x % 32;
    float highest = minus_infinity();
    for (int key = lane; key < seen; key += 32)
    {
        highest = fmaxf(highest, scores[key]);
    }

    highest = warp_highest(highest);
    float sum = 0;
    for (int key = lane; key < (count + 3) / 4 * 4; key += 32)
    {
        const float weight = key < seen ? expf(scores[key] - highest) : 0;
        scores[key] = weight;
        sum += weight;
    }

    return warp_sum(sum);
}

/// y = scores @ values / sum: a thread two queries and four columns.
template <class T>
__device__ __forceinline__ void mix_values(
    Matrix y, int64 firstRow, int rows, int head, const float* scores, const float* sums, const T* values, int count, int headWidth)
{
    const int stride = score_stride(count);
    const int fours = headWidth / 4;
    for (int unit = threadIdx.x; unit < fours * QueryRows / 2; unit += blockDim.x)
    {
        const int r = unit / fours * 2;
        const int c = unit % fours * 4;
        float mix[2][4] = {};
        for (int key = 0; key < count; key += 4)
        {
            const Pack<float, 4> weights[2] = {load_pack<4>(scores + r * stride + key), load_pack<4>(scores + (r + 1) * stride + key)};
#pragma unroll
            for (int k = 0; k < 4; k++)
            {
                float v[4] = {};
                if (key + k < count)
                {
                    load_four(v, values + (int64)(key + k) * headWidth + c);
                }

#pragma unroll
                for (int i = 0; i < 4; i++)
                {
                    mix[0][i] = fmaf(weights[0].of[k], v[i], mix[0][i]);
                    mix[1][i] = fmaf(weights[1].of[k], v[i], mix[1][i]);
                }
            }
        }

#pragma unroll
        for (int i = 0; i < 8; i++)
        {
            if (r + i / 4 < rows)
            {
                row<T>(y, firstRow + r + i / 4)[head * headWidth + c + i % 4] = from_float<T>(mix[i / 4][i % 4] / sums[r + i / 4]);
            }
        }
    }
}

/// y = softmax(scale[head] * q k^T) v in float32, for any head width that is a multiple of four: a block 16 queries of a head. Keys and values
/// are a layer's, each (sequences, heads, positions, headWidth). Dynamic shared memory, with keys = the last end:
///   16 x ((keys + 7) / 4 x 4 + headWidth) x 4 bytes
template <class T>
__device__ __forceinline__ void attention(
    Matrix y, Matrix queries, const T* keys, const T* values, Matrix scale, int positions, int heads, int headWidth, int normalize, int first,
    const Ends& ends)
{
    DYNAMIC_SHARED(float, tile);
    __shared__ float sums[QueryRows];
    float* const scores = tile + QueryRows * headWidth;
    const int head = blockIdx.y;
    const int64 sequence = blockIdx.z;
    const int rowsPerSequence = last_end(ends) - first;
    const int firstQuery = blockIdx.x * QueryRows;
    const int rows = min(QueryRows, rowsPerSequence - firstQuery);
    const int64 firstRow = sequence * rowsPerSequence + firstQuery;
    const int64 cache = (sequence * heads + head) * positions * headWidth;
    const int count = keys_seen(ends, first + firstQuery + rows - 1);
    prepare_queries<T>(tile, queries, firstRow, rows, head, headWidth, at<float>(scale, 0, head), normalize);
    __syncthreads();
    score_keys(scores, tile, keys + cache, count, headWidth);
    __syncthreads();
    for (int r = threadIdx.x / 32; r < QueryRows; r += blockDim.x / 32)
    {
        const int seen = keys_seen(ends, first + firstQuery + min(r, rows - 1));
        const float sum = exponentials(scores + r * score_stride(count), seen, count);
        if (threadIdx.x % 32 == 0)
        {
            sums[r] = sum;
        }
    }

    __syncthreads();
    mix_values(y, firstRow, rows, head, scores, sums, values + cache, count, headWidth);
}

#define ATTENTION(t, T) \
    KERNEL __launch_bounds__(128) attention_##t( \
        Matrix y, Matrix queries, const T* keys, const T* values, Matrix scale, int positions, int heads, int headWidth, int normalize, int first, \
        Ends ends) \
    { \
        attention<T>(y, queries, keys, values, scale, positions, heads, headWidth, normalize, first, ends); \
    }

ATTENTION(f32, float)
ATTENTION(f16, half_t)
ATTENTION(bf16, bfloat_t)
