#include "device.cuh"

/// y = epilogue(x w^T + bias) in float32, w (outputs, inputs).
KERNEL __launch_bounds__(256) linear_f32(
    Matrix y, Matrix x, Matrix w, const float* bias, Matrix gate, int rowsPerSequence, int epilogue)
{
    const Epilogue finish = {bias, gate, rowsPerSequence, epilogue};
    const int64 firstRow = (int64)blockIdx.y * BlockSide;
    const int64 firstColumn = (int64)blockIdx.x * BlockSide;
    const MatrixRow<float> left(x, firstRow + loaded_row());
    const MatrixRow<float> right(w, firstColumn + loaded_row());
    float sums[4][4] = {};
    block_product(sums, left, right, x.columns);
#pragma unroll
    for (int i = 0; i < 4; i++)
    {
        const int r = (int)firstRow + threadIdx.x / 16 * 4 + i;
        if (r < y.rows)
        {
            const EpilogueRow<float> line = finish.of_row<float>(y, r);
#pragma unroll
            for (int j = 0; j < 4; j += 2)
            {
                const int c = (int)firstColumn + threadIdx.x % 16 * 4 + j;
                if (c < y.columns)
                {
                    line.store_two(c, sums[i][j], sums[i][j + 1], c + 1 < y.columns);
                }
            }
        }
    }
}
