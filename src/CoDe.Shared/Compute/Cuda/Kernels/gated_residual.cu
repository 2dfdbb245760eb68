#include "device.cuh"

/// y += gate[sequence] * product.
template <class T>
__device__ __forceinline__ void gated_residual(Matrix y, Matrix product, Matrix gate, int rowsPerSequence)
{
    const Element e = element_of(y);
    if (e.exists)
    {
        const float open = at<float>(gate, sequence_row(e.row, rowsPerSequence, gate), e.column);
        float& sum = at<float>(y, e.row, e.column);
        sum = fmaf(open, to_float(at<T>(product, e.row, e.column)), sum);
    }
}

KERNEL gated_residual_f32(Matrix y, Matrix product, Matrix gate, int rowsPerSequence)
{
    gated_residual<float>(y, product, gate, rowsPerSequence);
}

KERNEL gated_residual_f16(Matrix y, Matrix product, Matrix gate, int rowsPerSequence)
{
    gated_residual<half_t>(y, product, gate, rowsPerSequence);
}

KERNEL gated_residual_bf16(Matrix y, Matrix product, Matrix gate, int rowsPerSequence)
{
    gated_residual<bfloat_t>(y, product, gate, rowsPerSequence);
}
