#include "device.cuh"

const int HalveSize = 1;
const int DoubleSize = 2;

/// How a square kernel walks over NHWC maps. Same keeps the size, with a zero border of half the kernel; halve is 3x3 with stride 2 and a
/// zero border right and below only; double is 3x3 over the input enlarged twofold by repetition.
struct Walk
{
    int height;
    int width;
    int kernel;
    int kind;

    __device__ __forceinline__ int output_height() const
    {
        return kind == HalveSize ? height / 2 : kind == DoubleSize ? height * 2 : height;
    }

    __device__ __forceinline__ int output_width() const
    {
        return kind == HalveSize ? width / 2 : kind == DoubleSize ? width * 2 : width;
    }

    /// Line (or column) of the input that a tap reads for a line of the output, -1 outside.
    __device__ __forceinline__ int source(int output, int tap, int size) const
    {
        const int index = kind == HalveSize ? output * 2 + tap : output + tap - kernel / 2;
        const int limit = kind == DoubleSize ? size * 2 : size;
        return index < 0 || index >= limit ? -1 : kind == DoubleSize ? index / 2 : index;
    }
};

/// One pixel of the output, whose row of the product's left matrix is the input under the kernel, tap by tap.
template <class T>
struct PixelRow
{
    Matrix x;
    Walk walk;
    int64 image;
    int line;
    int column;
    bool exists;

    __device__ __forceinline__ PixelRow()
    {
    }

    __device__ __forceinline__ PixelRow(Matrix x, Walk walk, int64 r, int64 rows) : x(x), walk(walk), exists(r < rows)
    {
        const int width = walk.output_width();
        const int pixels = walk.output_height() * width;
        image = r / pixels;
        const int pixel = (int)(r - image * pixels);
        line = pixel / width;
        column = pixel - line * width;
    }

    /// The input's vector under a tap, null outside.
    __device__ __forceinline__ const T* under(int tap) const
    {
        const int y = walk.source(line, tap / walk.kernel, walk.height);
        const int across = walk.source(column, tap % walk.kernel, walk.width);
        const bool inside = exists && tap < walk.kernel * walk.kernel && y >= 0 && across >= 0;
        return inside ? row<T>(x, (image * walk.height + y) * walk.width + across) : nullptr;
    }

    __device__ __forceinline__ void load(float (&values)[4], int k) const
    {
        const int tap = k / x.columns;
        const int input = k - tap * x.columns;
        if (input + 4 <= x.columns)
        {
            load_four_of(values, under(tap), input, x.columns);
            return;
        }

#pragma unroll
        for (int i = 0; i < 4; i++)
        {
            const T* const vector = under((k + i) / x.columns);
            values[i] = vector != nullptr ? to_float(vector[(k + i) % x.columns]) : 0;
        }
    }
};

/// y (+)= convolution(x) + bias as a product without the blown-up matrix, k = tap * inputs + input: any sizes.
template <class T>
__device__ __forceinline__ void convolution(
    Matrix y, Matrix x, Matrix w, const float* bias, int height, int width, int kernel, int walk, int accumulate)
{
    const int64 firstRow = (int64)blockIdx.y * BlockSide;
    const int64 firstColumn = (int64)blockIdx.x * BlockSide;
    const PixelRow<T> left(x, {height, width, kernel, walk}, firstRow + loaded_row(), y.rows);
    const MatrixRow<T> right(w, firstColumn + loaded_row());
    float sums[4][4] = {};
    block_product(sums, left, right, w.columns);
#pragma unroll
    for (int i = 0; i < 4; i++)
    {
#pragma unroll
        for (int j = 0; j < 4; j++)
        {
            const int64 r = firstRow + threadIdx.x / 16 * 4 + i;
            const int c = (int)firstColumn + threadIdx.x % 16 * 4 + j;
            if (r < y.rows && c < y.columns)
            {
                T* const place = row<T>(y, r) + c;
                const float product = sums[i][j] + bias[c];
                *place = from_float<T>(accumulate ? to_float(*place) + product : product);
            }
        }
    }
}

KERNEL __launch_bounds__(256) convolution_f32(
    Matrix y, Matrix x, Matrix w, const float* bias, int height, int width, int kernel, int walk, int accumulate)
{
    convolution<float>(y, x, w, bias, height, width, kernel, walk, accumulate);
}

KERNEL __launch_bounds__(256) convolution_f16(
    Matrix y, Matrix x, Matrix w, const float* bias, int height, int width, int kernel, int walk, int accumulate)
{
    convolution<half_t>(y, x, w, bias, height, width, kernel, walk, accumulate);
}
