#include "device.cuh"

/// y[row] = table[indices[row]]; the indices count row-major through their own rows and columns.
template <class T>
__device__ __forceinline__ void gather(Matrix y, Matrix table, Matrix indices)
{
    const Element e = element_of(y);
    if (e.exists)
    {
        const int entry = at<int>(indices, e.row / indices.columns, e.row % indices.columns);
        at<float>(y, e.row, e.column) = to_float(at<T>(table, entry, e.column));
    }
}

KERNEL gather_f32_f32(Matrix y, Matrix table, Matrix indices)
{
    gather<float>(y, table, indices);
}

KERNEL gather_f16_f32(Matrix y, Matrix table, Matrix indices)
{
    gather<half_t>(y, table, indices);
}

KERNEL gather_bf16_f32(Matrix y, Matrix table, Matrix indices)
{
    gather<bfloat_t>(y, table, indices);
}
