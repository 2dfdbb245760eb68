#include "device.cuh"

/// y[row] = x[row mod x.rows] + addend[row mod addend.rows].
KERNEL add_rows_f32(Matrix y, Matrix x, Matrix addend)
{
    const Element e = element_of(y);
    if (e.exists)
    {
        at<float>(y, e.row, e.column) = at<float>(x, e.row % x.rows, e.column) + at<float>(addend, e.row % addend.rows, e.column);
    }
}
