#include "device.cuh"

/// y += gate[sequence] * product.
KERNEL gated_residual_f32(Matrix y, Matrix product, Matrix gate, int rowsPerSequence)
{
    const Element e = element_of(y);
    if (e.exists)
    {
        const float open = at<float>(gate, sequence_row(e.row, rowsPerSequence, gate), e.column);
        float& sum = at<float>(y, e.row, e.column);
        sum = fmaf(open, at<float>(product, e.row, e.column), sum);
    }
}
