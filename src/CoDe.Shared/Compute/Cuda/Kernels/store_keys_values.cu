#include "device.cuh"

/// Puts keys, divided by their norm where asked, and values at positions [first, first + rowsPerSequence) of a layer's caches, each
/// (sequences, heads, positions, headWidth): a warp a vector of each.
template <class T>
__device__ __forceinline__ void store_keys_values(
    T* keys, T* values, Matrix keysValues, int positions, int heads, int headWidth, int first, int rowsPerSequence, int normalize)
{
    const int r = blockIdx.x;
    const int head = blockIdx.y;
    const int64 sequence = r / rowsPerSequence;
    const int64 place = ((sequence * heads + head) * positions + first + r % rowsPerSequence) * headWidth;
    const T* const key = row<T>(keysValues, r) + (int64)head * headWidth;
    const T* const value = key + (int64)heads * headWidth;
    const float rate = normalize ? 1 / warp_norm(key, headWidth) : 1;
    for (int c = threadIdx.x; c < headWidth; c += 32)
    {
        keys[place + c] = from_float<T>(to_float(key[c]) * rate);
        values[place + c] = value[c];
    }
}

#define STORE_KEYS_VALUES(t, T) \
    KERNEL store_keys_values_##t( \
        T* keys, T* values, Matrix keysValues, int positions, int heads, int headWidth, int first, int rowsPerSequence, int normalize) \
    { \
        store_keys_values<T>(keys, values, keysValues, positions, heads, headWidth, first, rowsPerSequence, normalize); \
    }

STORE_KEYS_VALUES(f32, float)
STORE_KEYS_VALUES(f16, half_t)
STORE_KEYS_VALUES(bf16, bfloat_t)
