#include "device.cuh"

const int TileWidth = 64;                // of a head, and of keys at a time
const int TileStride = TileWidth + 8;    // eight rows of a matrix then lie on different banks
const int TileSize = 64 * TileStride;

/// query = source * factor, divided by its norm where asked, rounded: a warp its own 16 queries, zero where they do not exist.
template <class T>
__device__ __forceinline__ void prepare_query_tile(T* tile, Matrix queries, int64 firstRow, int rows, int head, float factor, int normalize)
{
    const int lane = threadIdx.x % 32;
    const int first = threadIdx.x / 32 * 16;
    for (int r = first; r < first + 16; r++)
    {
        const T* const source = row<T>(queries, firstRow + min(r, rows - 1)) + head * TileWidth;
        const float rate = normalize ? factor / warp_norm(source, TileWidth) : factor;
        tile[r * TileStride + lane] = from_float<T>(r < rows ? to_float(source[lane]) * rate : 0);
        tile[r * TileStride + lane + 32] = from_float<T>(r < rows ? to_float(source[lane + 32]) * rate : 0);
    }
}

/// Copies the rows [first, count) that there are of 64 of a head's keys or values.
template <class T>
__device__ __forceinline__ void copy_keys(T* tile, const T* source, int first, int count)
{
#pragma unroll
    for (int i = 0; i < 4; i++)
    {
        const int r = threadIdx.x / 8 + i * 16;
        const int c = threadIdx.x % 8 * 8;
        const bool exists = first + r < count;
        copy_async16(tile + r * TileStride + c, source + (int64)(exists ? first + r : 0) * TileWidth + c, exists);
    }
}

/// Two rows of a warp's 16 (lane / 4, and 8 below) as a lane holds them: columns 2 (lane % 4) and the next of every eight.
struct QueryPair
{
    int seen[2];
    float highest[2];
    float sum[2];
    float mix[8][4];
};

/// scores (16 queries, 64 keys) of a warp.
template <class T>
__device__ __forceinline__ void score_tile(float (&scores)[8][4], const uint32 (&queries)[4][4], const T* keys)
{
    const int lane = threadIdx.x % 32;
#pragma unroll
    for (int j = 0; j < 8; j++)
    {
#pragma unroll
        for (int i = 0; i < 4; i++)
        {
            scores[j][i] = 0;
        }

#pragma unroll
        for (int k = 0; k < 4; k += 2)
        {
            uint32 b[4]; // two steps of 16 channels
            load_matrices(b, keys + (j * 8 + lane % 8) * TileStride + k * 16 + lane / 8 * 8);
            const uint32 first[2] = {b[0], b[1]};
            const uint32 second[2] = {b[2], b[3]};
            mma(scores[j], queries[k], first, T());
            mma(scores[j], queries[k + 1], second, T());
        }
    }
}

/// Replaces scores by exp(score - highest so far), rounded to T so that the weights sum to one as they are multiplied, and brings what was
/// summed before to the same highest. Keys that a query does not see weigh nothing.
template <class T>
__device__ __forceinline__ void weigh_tile(QueryPair& pair, float (&scores)[8][4], int firstKey)
{
#pragma unroll
    for (int h = 0; h < 2; h++)
    {
        float highest = pair.highest[h];
#pragma unroll
        for (int j = 0; j < 8; j++)
        {
#pragma unroll
            for (int i = 0; i < 2; i++)
            {
                float& score = scores[j][h * 2 + i];
                const int key = firstKey + j * 8 + (int)threadIdx.x % 4 * 2 + i;
                score = key < pair.seen[h] ? score : minus_infinity();
                highest = fmaxf(highest, score);
            }
        }

        highest = fmaxf(highest, __shfl_xor_sync(0xFFFFFFFF, highest, 1));
        highest = fmaxf(highest, __shfl_xor_sync(0xFFFFFFFF, highest, 2));
        const float kept = expf(pair.highest[h] - highest);
        pair.highest[h] = highest;
        pair.sum[h] *= kept;
#pragma unroll
        for (int j = 0; j < 8; j++)
        {
#pragma unroll
            for (int i = 0; i < 2; i++)
            {
                float& score = scores[j][h * 2 + i];
                score = to_float(from_float<T>(expf(score - highest)));
                pair.sum[h] += score;
                pair.mix[j][h * 2 + i] *= kept;
            }
        }
    }
}

template <class T>
__device__ __forceinline__ uint32 two_of(float low, float high)
{
    return from_float<T>(low).bits | (uint32)from_float<T>(high).bits << 16;
}

/// mix (16 queries, 64 channels) += weights (16, 64) @ values (64, 64).
template <class T>
__device__ __forceinline__ void mix_tile(QueryPair& pair, const float (&weights)[8][4], const T* values)
{
    const int lane = threadIdx.x % 32;
#pragma unroll
    for (int k = 0; k < 4; k++)
    {
        const uint32 a[4] = {
            two_of<T>(weights[k * 2][0], weights[k * 2][1]), two_of<T>(weights[k * 2][2], weights[k * 2][3]),
            two_of<T>(weights[k * 2 + 1][0], weights[k * 2 + 1][1]), two_of<T>(weights[k * 2 + 1][2], weights[k * 2 + 1][3])};
#pragma unroll
        for (int j = 0; j < 8; j += 2)
        {
            uint32 b[4]; // two times eight channels
            load_matrices_transposed(b, values + (k * 16 + lane % 16) * TileStride + j * 8 + lane / 16 * 8);
            const uint32 first[2] = {b[0], b[1]};
            const uint32 second[2] = {b[2], b[3]};
            mma(pair.mix[j], a, first, T());
            mma(pair.mix[j + 1], a, second, T());
        }
    }
}

template <class T>
__device__ __forceinline__ void store_queries(QueryPair& pair, Matrix y, int64 firstRow, int rows, int head)
{
#pragma unroll
    for (int h = 0; h < 2; h++)
    {
        const int r = threadIdx.x / 32 * 16 + threadIdx.x % 32 / 4 + h * 8;
        pair.sum[h] += __shfl_xor_sync(0xFFFFFFFF, pair.sum[h], 1);
        pair.sum[h] += __shfl_xor_sync(0xFFFFFFFF, pair.sum[h], 2);
        if (r < rows)
        {
            T* const place = row<T>(y, firstRow + r) + head * TileWidth + threadIdx.x % 4 * 2;
#pragma unroll
            for (int j = 0; j < 8; j++)
            {
                store_pair(place + j * 8, pair.mix[j][h * 2] / pair.sum[h], pair.mix[j][h * 2 + 1] / pair.sum[h], true);
            }
        }
    }
}

/// As attention.cu for heads of 64, on tensor cores: a block 64 queries of a head, a warp 16 of them. Keys come 64 at a time, the next on
/// their way while these are weighed, and the softmax goes with them, so that the scores are never in memory. 46080 bytes of static shared
/// memory, no dynamic.
template <class T>
__device__ __forceinline__ void attention_tiles(
    Matrix y, Matrix queries, const T* keys, const T* values, Matrix scale, int positions, int heads, int normalize, int first, const Ends& ends)
{
    __shared__ __align__(16) T queryTile[TileSize];
    __shared__ __align__(16) T keyTiles[2][TileSize];
    __shared__ __align__(16) T valueTiles[2][TileSize];
    const int lane = threadIdx.x % 32;
    const int head = blockIdx.y;
    const int rowsPerSequence = last_end(ends) - first;
    const int firstQuery = blockIdx.x * 64;
    const int rows = min(64, rowsPerSequence - firstQuery);
    const int64 firstRow = (int64)blockIdx.z * rowsPerSequence + firstQuery;
    const int64 cache = ((int64)blockIdx.z * heads + head) * positions * TileWidth;
    const int count = keys_seen(ends, first + firstQuery + rows - 1);
    copy_keys(keyTiles[0], keys + cache, 0, count);
    copy_keys(valueTiles[0], values + cache, 0, count);
    copy_async_commit();
    prepare_query_tile(queryTile, queries, firstRow, rows, head, at<float>(scale, 0, head), normalize);
    __syncwarp();
    uint32 query[4][4];
#pragma unroll
    for (int k = 0; k < 4; k++)
    {
        load_matrices(query[k], queryTile + (threadIdx.x / 32 * 16 + lane % 16) * TileStride + k * 16 + lane / 16 * 8);
    }

    QueryPair pair = {{}, {minus_infinity(), minus_infinity()}, {}, {}};
    const int queryOfLane = (int)threadIdx.x / 32 * 16 + lane / 4;
    pair.seen[0] = keys_seen(ends, first + firstQuery + min(queryOfLane, rows - 1));
    pair.seen[1] = keys_seen(ends, first + firstQuery + min(queryOfLane + 8, rows - 1));
    for (int firstKey = 0; firstKey < count; firstKey += 64)
    {
        const int now = firstKey / 64 % 2;
        copy_async_wait<0>();
        __syncthreads(); // these have come for all threads, and all are done with those before, whose place the next take
        if (firstKey + 64 < count)
        {
            copy_keys(keyTiles[1 - now], keys + cache, firstKey + 64, count);
            copy_keys(valueTiles[1 - now], values + cache, firstKey + 64, count);
        }

        copy_async_commit();
        float scores[8][4];
        score_tile(scores, query, keyTiles[now]);
        weigh_tile<T>(pair, scores, firstKey);
        mix_tile(pair, scores, valueTiles[now]);
    }

    store_queries<T>(pair, y, firstRow, rows, head);
}

#define ATTENTION_TILES(t, T) \
    KERNEL __launch_bounds__(128) attention_tiles_##t( \
        Matrix y, Matrix queries, const T* keys, const T* values, Matrix scale, int positions, int heads, int /*headWidth*/, int normalize, int first, \
        Ends ends) \
    { \
        attention_tiles<T>(y, queries, keys, values, scale, positions, heads, normalize, first, ends); \
    }

ATTENTION_TILES(f16, half_t)
ATTENTION_TILES(bf16, bfloat_t)
