#include "device.cuh"

/// y = x * sigmoid(x).
template <class T>
__device__ __forceinline__ void silu(Matrix y, Matrix x)
{
    const Element e = element_of(y);
    if (e.exists)
    {
        at<T>(y, e.row, e.column) = from_float<T>(silu(at<float>(x, e.row, e.column)));
    }
}

KERNEL silu_f32_f32(Matrix y, Matrix x)
{
    silu<float>(y, x);
}

KERNEL silu_f32_f16(Matrix y, Matrix x)
{
    silu<half_t>(y, x);
}

KERNEL silu_f32_bf16(Matrix y, Matrix x)
{
    silu<bfloat_t>(y, x);
}
