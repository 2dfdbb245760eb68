#include "device.cuh"

/// y = epilogue(x w^T + bias) on tensor cores, x (rows, inputs) and w (outputs, inputs) of the same type, the product in float32. Dynamic
/// shared memory: see the tiles.
template <class Shape, class T, class To>
__device__ __forceinline__ void linear_tiles(Matrix y, Matrix x, Matrix w, const Epilogue& epilogue)
{
    const int copied = threadIdx.x / (Shape::Depth / 8);
    const MatrixRows<T, Shape::LeftCopies> left(x, (int64)blockIdx.y * Shape::Rows + copied, Shape::RowStep);
    const MatrixRows<T, Shape::RightCopies> right(w, (int64)blockIdx.x * Shape::Columns + copied, Shape::RowStep);
    float sums[Shape::RowTiles][Shape::ColumnTiles][4] = {};
    block_product_tiles<Shape, T>(sums, left, right, x.columns);
    finish_tiles<Shape, To>(sums, y, epilogue);
}

#define LINEAR(from, T, to, To, shape) \
    KERNEL __launch_bounds__(Tile##shape::Threads) linear_##from##_##to##_##shape( \
        Matrix y, Matrix x, Matrix w, const float* bias, Matrix gate, int rowsPerSequence, int epilogue) \
    { \
        linear_tiles<Tile##shape, T, To>(y, x, w, {bias, gate, rowsPerSequence, epilogue}); \
    }

#define LINEAR_SHAPES(from, T, to, To) \
    LINEAR(from, T, to, To, 16x32) \
    LINEAR(from, T, to, To, 64x64) \
    LINEAR(from, T, to, To, 128x128)

LINEAR_SHAPES(f16, half_t, f32, float)
LINEAR_SHAPES(f16, half_t, f16, half_t)
LINEAR_SHAPES(bf16, bfloat_t, f32, float)
LINEAR_SHAPES(bf16, bfloat_t, bf16, bfloat_t)
