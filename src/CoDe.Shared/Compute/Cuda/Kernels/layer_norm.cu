#include "device.cuh"

/// y = (x - mean) / sqrt(variance + 1e-6) * (1 + scale[sequence]) + shift[sequence], over a row: a block of 256 a row, which meets its row
/// again in the first-level cache.
template <class T>
__device__ __forceinline__ void layer_norm(Matrix y, Matrix x, Matrix scale, Matrix shift, int rowsPerSequence)
{
    const int r = blockIdx.x;
    const int columns = y.columns;
    const float* const source = row<float>(x, r);
    float sum = 0;
    for (int c = threadIdx.x; c < columns; c += blockDim.x)
    {
        sum += source[c];
    }

    const float mean = block_sum(sum) / columns;
    float squares = 0;
    for (int c = threadIdx.x; c < columns; c += blockDim.x)
    {
        const float difference = source[c] - mean;
        squares = fmaf(difference, difference, squares);
    }

    const float rate = 1 / sqrtf(block_sum(squares) / columns + 1e-6f);
    const float* const scales = row<float>(scale, sequence_row(r, rowsPerSequence, scale));
    const float* const shifts = row<float>(shift, sequence_row(r, rowsPerSequence, scale));
    T* const normal = row<T>(y, r);
    for (int c = threadIdx.x; c < columns; c += blockDim.x)
    {
        normal[c] = from_float<T>(fmaf((source[c] - mean) * rate, 1 + scales[c], shifts[c]));
    }
}

KERNEL layer_norm_f32_f32(Matrix y, Matrix x, Matrix scale, Matrix shift, int rowsPerSequence)
{
    layer_norm<float>(y, x, scale, shift, rowsPerSequence);
}

KERNEL layer_norm_f32_f16(Matrix y, Matrix x, Matrix scale, Matrix shift, int rowsPerSequence)
{
    layer_norm<half_t>(y, x, scale, shift, rowsPerSequence);
}

KERNEL layer_norm_f32_bf16(Matrix y, Matrix x, Matrix scale, Matrix shift, int rowsPerSequence)
{
    layer_norm<bfloat_t>(y, x, scale, shift, rowsPerSequence);
}
