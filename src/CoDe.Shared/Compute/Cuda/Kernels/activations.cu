// Functions of one number that several operators apply.
#include "device.cuh"

__device__ __forceinline__ float silu(float value)
{
    return value / (1 + expf(-value));
}

/// gelu(x) = x / (1 + exp(-2 sqrt(2 / pi) (x + 0.044715 x^3))), which is the tanh form rewritten.
__device__ __forceinline__ float gelu(float value)
{
    const float cubic = fmaf(value * value * value, 0.044715f, value);
    return value / (1 + expf(cubic * -1.5957691216057308f));
}
