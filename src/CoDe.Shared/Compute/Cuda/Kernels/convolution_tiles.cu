#include "device.cuh"

/// The pixels of the output that a thread copies the inputs of. Inputs are a multiple of 16, so eight of k belong to one tap.
template <class T, int Count>
struct PixelRows
{
    PixelRow<T> pixels[Count];

    __device__ __forceinline__ PixelRows(Matrix x, Walk walk, int64 first, int step, int64 rows)
    {
#pragma unroll
        for (int i = 0; i < Count; i++)
        {
            pixels[i] = PixelRow<T>(x, walk, first + i * step, rows);
        }
    }

    __device__ __forceinline__ void copy(T* shared, int i, int k) const
    {
        const int inputs = pixels[i].x.columns;
        const int tap = k / inputs;
        const int input = k - tap * inputs;
        const T* const vector = pixels[i].under(tap);
        copy_eight(shared, vector + input, vector != nullptr ? inputs - input : 0);
    }
};

/// One pixel of the result.
template <class T>
struct ConvolutionRow
{
    T* y;
    const float* bias;
    int accumulate;

    __device__ __forceinline__ void store_two(int c, float first, float second, bool both) const
    {
        first += bias[c];
        second += both ? bias[c + 1] : 0;
        first = accumulate ? to_float(y[c]) + first : first;
        second = accumulate && both ? to_float(y[c + 1]) + second : second;
        store_pair(y + c, first, second, both);
    }
};

struct ConvolutionEpilogue
{
    const float* bias;
    int accumulate;

    template <class T>
    __device__ __forceinline__ ConvolutionRow<T> of_row(Matrix y, int64 r) const
    {
        return {row<T>(y, r), bias, accumulate};
    }
};

/// As convolution.cu, on tensor cores. Dynamic shared memory: see the tiles.
template <class Shape, class T>
__device__ __forceinline__ void convolution_tiles(Matrix y, Matrix x, Matrix w, const float* bias, Walk walk, int accumulate)
{
    const int copied = threadIdx.x / (Shape::Depth / 8);
    const PixelRows<T, Shape::LeftCopies> left(x, walk, (int64)blockIdx.y * Shape::Rows + copied, Shape::RowStep, y.rows);
    const MatrixRows<T, Shape::RightCopies> right(w, (int64)blockIdx.x * Shape::Columns + copied, Shape::RowStep);
    float sums[Shape::RowTiles][Shape::ColumnTiles][4] = {};
    block_product_tiles<Shape, T>(sums, left, right, w.columns);
    finish_tiles<Shape, T>(sums, y, ConvolutionEpilogue{bias, accumulate});
}

#define CONVOLUTION(shape) \
    KERNEL __launch_bounds__(Tile##shape::Threads) convolution_tiles_f16_##shape( \
        Matrix y, Matrix x, Matrix w, const float* bias, int height, int width, int kernel, int walk, int accumulate) \
    { \
        convolution_tiles<Tile##shape, half_t>(y, x, w, bias, {height, width, kernel, walk}, accumulate); \
    }

CONVOLUTION(64x64)
CONVOLUTION(128x128)
