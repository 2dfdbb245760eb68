#include "device.cuh"

/// y += scale * x.
KERNEL add_scaled_f32(Matrix y, Matrix x, float scale)
{
    const Element e = element_of(y);
    if (e.exists)
    {
        float& sum = at<float>(y, e.row, e.column);
        sum = fmaf(scale, at<float>(x, e.row, e.column), sum);
    }
}
