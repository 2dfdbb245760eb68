#include "device.cuh"

/// y = y * (1 - keep) + x * keep, with keep (rows, 1).
KERNEL blend_kept_f32(Matrix y, Matrix x, Matrix keep)
{
    const Element e = element_of(y);
    if (e.exists)
    {
        const float kept = at<float>(keep, e.row, 0);
        float& blend = at<float>(y, e.row, e.column);
        blend = fmaf(at<float>(x, e.row, e.column), kept, blend * (1 - kept));
    }
}
