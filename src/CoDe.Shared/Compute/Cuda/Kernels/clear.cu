#include "device.cuh"

/// y = 0.
template <class T>
__device__ __forceinline__ void clear(Matrix y)
{
    const Element e = element_of(y);
    if (e.exists)
    {
        at<T>(y, e.row, e.column) = from_float<T>(0);
    }
}

KERNEL clear_f32(Matrix y)
{
    clear<float>(y);
}

KERNEL clear_f16(Matrix y)
{
    clear<half_t>(y);
}

KERNEL clear_bf16(Matrix y)
{
    clear<bfloat_t>(y);
}
