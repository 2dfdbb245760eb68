// Enlargement and reduction of square NHWC maps; the sums are in the CPU's order.
#include "device.cuh"

/// Keys' kernel with a = -0.75, for distances up to 1 and from there to 2.
__device__ __forceinline__ float cubic_inner(float t)
{
    return ((-0.75f + 2) * t - (-0.75f + 3)) * t * t + 1;
}

__device__ __forceinline__ float cubic_outer(float t)
{
    return ((-0.75f * t - 5 * -0.75f) * t + 8 * -0.75f) * t - 4 * -0.75f;
}

/// Four neighbours of a place on a line, and their weights.
struct Taps
{
    int index[4];
    float weight[4];
};

/// Half-pixel centres and a clamped border, as PyTorch's interpolate(mode='bicubic').
__device__ __forceinline__ Taps taps_of(int destination, int side, int finalSide)
{
    const float source = (destination + 0.5f) * ((float)side / finalSide) - 0.5f;
    const float floor = floorf(source);
    const float t = source - floor;
    Taps taps = {{}, {cubic_outer(t + 1), cubic_inner(t), cubic_inner(1 - t), cubic_outer(2 - t)}};
    for (int tap = 0; tap < 4; tap++)
    {
        taps.index[tap] = max(0, min((int)floor - 1 + tap, side - 1));
    }

    return taps;
}

KERNEL resize_bicubic_f32(Matrix y, Matrix x, int side, int finalSide)
{
    const Element e = element_of(y);
    if (!e.exists)
    {
        return;
    }

    const int image = e.row / (finalSide * finalSide);
    const int position = e.row % (finalSide * finalSide);
    const Taps down = taps_of(position / finalSide, side, finalSide);
    const Taps across = taps_of(position % finalSide, side, finalSide);
    float sum = 0;
#pragma unroll
    for (int i = 0; i < 4; i++)
    {
        float line = 0;
#pragma unroll
        for (int j = 0; j < 4; j++)
        {
            line = fmaf(at<float>(x, ((int64)image * side + down.index[i]) * side + across.index[j], e.column), across.weight[j], line);
        }

        sum = fmaf(line, down.weight[i], sum);
    }

    at<float>(y, e.row, e.column) = sum;
}

/// Each cell is the mean of those it covers, from floor(i n / m) up to ceil((i + 1) n / m), as PyTorch's interpolate(mode='area').
KERNEL resize_area_f32(Matrix y, Matrix x, int finalSide, int side)
{
    const Element e = element_of(y);
    if (!e.exists)
    {
        return;
    }

    const int image = e.row / (side * side);
    const int position = e.row % (side * side);
    const int down = position / side;
    const int across = position % side;
    const int top = down * finalSide / side;
    const int bottom = ((down + 1) * finalSide + side - 1) / side;
    const int left = across * finalSide / side;
    const int right = ((across + 1) * finalSide + side - 1) / side;
    float sum = 0;
    for (int i = top; i < bottom; i++)
    {
        for (int j = left; j < right; j++)
        {
            sum += at<float>(x, ((int64)image * finalSide + i) * finalSide + j, e.column);
        }
    }

    at<float>(y, e.row, e.column) = sum / ((bottom - top) * (right - left));
}
