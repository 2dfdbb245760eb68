// Group norm over 32 groups of channels of NHWC maps, eps 1e-6, with SiLU where asked. A map is cut into chunks of a fixed number of
// pixels; each yields a sum and a sum of squares about its mean for every channel, which are merged in float64, so that the batch changes
// no bit.
#include "device.cuh"

const int ChunkPixels = 256;
const int Groups = 32;

/// moments (images, chunks, 2, channels), of 32 channels and a chunk: a warp every eighth pixel.
template <class T>
__device__ __forceinline__ void group_norm_moments(Matrix x, float* moments, int pixels, int chunks)
{
    __shared__ float parts[8][32];
    const int lane = threadIdx.x % 32;
    const int warp = threadIdx.x / 32;
    const int channel = blockIdx.y * 32 + lane;
    const bool exists = channel < x.columns;
    const int count = min(ChunkPixels, pixels - (int)blockIdx.x * ChunkPixels);
    const T* const source = row<T>(x, (int64)blockIdx.z * pixels + (int64)blockIdx.x * ChunkPixels) + channel;
    float sum = 0;
    for (int pixel = warp; pixel < count && exists; pixel += 8)
    {
        sum += to_float(source[(int64)pixel * x.stride]);
    }

    parts[warp][lane] = sum;
    __syncthreads();
    float total = 0;
    for (int part = 0; part < 8; part++)
    {
        total += parts[part][lane];
    }

    const float mean = total / count;
    float squares = 0;
    for (int pixel = warp; pixel < count && exists; pixel += 8)
    {
        const float difference = to_float(source[(int64)pixel * x.stride]) - mean;
        squares = fmaf(difference, difference, squares);
    }

    __syncthreads();
    parts[warp][lane] = squares;
    __syncthreads();
    if (warp == 0 && exists)
    {
        float* const results = moments + ((int64)blockIdx.z * chunks + blockIdx.x) * 2 * x.columns + channel;
        squares = 0;
        for (int part = 0; part < 8; part++)
        {
            squares += parts[part][lane];
        }

        results[0] = total;
        results[x.columns] = squares;
    }
}

KERNEL __launch_bounds__(256) group_norm_moments_f32(Matrix x, float* moments, int pixels, int chunks)
{
    group_norm_moments<float>(x, moments, pixels, chunks);
}

KERNEL __launch_bounds__(256) group_norm_moments_f16(Matrix x, float* moments, int pixels, int chunks)
{
    group_norm_moments<half_t>(x, moments, pixels, chunks);
}

/// factors (images, 2, channels): y = x * factor + offset. Merging is Chan, Golub and LeVeque's. A warp a group, as often as there are more
/// groups than warps: the order inside a group is the same for any number of them.
KERNEL group_norm_factors(float* factors, const float* moments, Matrix gain, Matrix bias, int pixels, int chunks, int channels)
{
    const int lane = threadIdx.x % 32;
    const int perGroup = channels / Groups;
    const int parts = chunks * perGroup;
    const double count = (double)pixels * perGroup;
    for (int group = threadIdx.x / 32; group < Groups; group += blockDim.x / 32)
    {
        const float* const sums = moments + (int64)blockIdx.x * chunks * 2 * channels + group * perGroup;
        double sum = 0;
        for (int part = lane; part < parts; part += 32)
        {
            sum += sums[(int64)(part / perGroup) * 2 * channels + part % perGroup];
        }

        const double mean = warp_sum(sum) / count;
        double squares = 0;
        for (int part = lane; part < parts; part += 32)
        {
            const int chunk = part / perGroup;
            const float* const moment = sums + (int64)chunk * 2 * channels + part % perGroup;
            const int size = min(ChunkPixels, pixels - chunk * ChunkPixels);
            const double difference = moment[0] / size - mean;
            squares += moment[channels] + size * difference * difference;
        }

        const double rate = 1 / sqrt(warp_sum(squares) / count + 1e-6);
        float* const results = factors + (int64)blockIdx.x * 2 * channels;
        for (int c = group * perGroup + lane; c < (group + 1) * perGroup; c += 32)
        {
            const double factor = rate * at<float>(gain, 0, c);
            results[c] = (float)factor;
            results[channels + c] = (float)(at<float>(bias, 0, c) - mean * factor);
        }
    }
}

template <class T>
__device__ __forceinline__ void group_norm_apply(Matrix y, Matrix x, const float* factors, int pixels, int withSilu)
{
    const Element e = element_of(y);
    if (e.exists)
    {
        const float* const factor = factors + (int64)(e.row / pixels) * 2 * x.columns + e.column;
        const float normal = fmaf(to_float(at<T>(x, e.row, e.column)), factor[0], factor[x.columns]);
        at<T>(y, e.row, e.column) = from_float<T>(withSilu ? silu(normal) : normal);
    }
}

KERNEL group_norm_apply_f32(Matrix y, Matrix x, const float* factors, int pixels, int withSilu)
{
    group_norm_apply<float>(y, x, factors, pixels, withSilu);
}

KERNEL group_norm_apply_f16(Matrix y, Matrix x, const float* factors, int pixels, int withSilu)
{
    group_norm_apply<half_t>(y, x, factors, pixels, withSilu);
}
