#include "device.cuh"

/// y = (x + 1) / 2 * 255, x cut off at -1 and 1, the result at whole numbers.
template <class T>
__device__ __forceinline__ void to_bytes(Matrix y, Matrix x)
{
    const Element e = element_of(y);
    if (e.exists)
    {
        const float value = fminf(fmaxf(to_float(at<T>(x, e.row, e.column)), -1.0f), 1.0f);
        at<unsigned char>(y, e.row, e.column) = (unsigned char)((value + 1.0f) * 0.5f * 255.0f);
    }
}

KERNEL to_bytes_f32(Matrix y, Matrix x)
{
    to_bytes<float>(y, x);
}

KERNEL to_bytes_f16(Matrix y, Matrix x)
{
    to_bytes<half_t>(y, x);
}
