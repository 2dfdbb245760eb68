#include "device.cuh"

/// tokens[row] = the code nearest to x[row] in squared distance, the first of equals: a block a row, a thread every 256th code.
KERNEL nearest_code(Matrix tokens, Matrix x, Matrix codebook)
{
    const int r = blockIdx.x;
    const float* const features = row<float>(x, r);
    Contender nearest = {minus_infinity(), 0};
    for (int code = threadIdx.x; code < codebook.rows; code += blockDim.x)
    {
        const float* const vector = row<float>(codebook, code);
        float distance = 0;
        for (int c = 0; c < x.columns; c++)
        {
            const float difference = features[c] - vector[c];
            distance = fmaf(difference, difference, distance);
        }

        nearest = -distance > nearest.score ? Contender{-distance, code} : nearest;
    }

    nearest = block_winner(nearest);
    if (threadIdx.x == 0)
    {
        at<int>(tokens, r / tokens.columns, r % tokens.columns) = nearest.index;
    }
}
