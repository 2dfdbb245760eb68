#include "device.cuh"

/// y = x, rounded to nearest even where y's type is narrower.
template <class From, class To>
__device__ __forceinline__ void copy(Matrix y, Matrix x)
{
    const Element e = element_of(y);
    if (e.exists)
    {
        at<To>(y, e.row, e.column) = from_float<To>(to_float(at<From>(x, e.row, e.column)));
    }
}

#define COPY(from, From, to, To) KERNEL copy_##from##_##to(Matrix y, Matrix x) { copy<From, To>(y, x); }

COPY(f32, float, f32, float)
COPY(f32, float, f16, half_t)
COPY(f32, float, bf16, bfloat_t)
COPY(f16, half_t, f32, float)
COPY(f16, half_t, f16, half_t)
COPY(f16, half_t, bf16, bfloat_t)
COPY(bf16, bfloat_t, f32, float)
COPY(bf16, bfloat_t, f16, half_t)
COPY(bf16, bfloat_t, bf16, bfloat_t)

KERNEL copy_i32_i32(Matrix y, Matrix x)
{
    const Element e = element_of(y);
    if (e.exists)
    {
        at<int>(y, e.row, e.column) = at<int>(x, e.row, e.column);
    }
}
