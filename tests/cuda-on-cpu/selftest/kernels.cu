// Kernels of the stand-in's own test: right ones, and some with a mistake that must show.
#include "device.cuh"

#define ALL 0xFFFFFFFFu

KERNEL doubled(float* y, const float* x, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) {
        y[i] = 2 * x[i];
    }
}

KERNEL places(int* y)
{
    int block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
    int thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
    y[block * (blockDim.x * blockDim.y * blockDim.z) + thread] = block * 1000 + thread;
}

// The order that the threads of a block came in.
KERNEL order(int* y)
{
    y[1 + threadIdx.x] = y[0]++;
}

// Reverses blocks of 256 through shared memory, `repeats` times over; without the barrier a thread reads what is not yet there.
#define REVERSED(name, meet)                   \
    KERNEL name(int* y, int repeats)           \
    {                                          \
        __shared__ int values[256];            \
        int at = threadIdx.x;                  \
        int value = blockIdx.x * 256 + at;     \
        for (int i = 0; i < repeats; i++) {    \
            values[at] = value;                \
            meet;                              \
            value = values[255 - at];          \
            meet;                              \
        }                                      \
        y[blockIdx.x * 256 + at] = value;      \
    }

REVERSED(reversed, __syncthreads())
REVERSED(reversed_without_barrier, )

KERNEL warp_reversed(int* y, int synchronized)
{
    __shared__ int values[32];
    values[threadIdx.x] = threadIdx.x;
    if (synchronized) {
        __syncwarp();
    }
    y[threadIdx.x] = values[31 - threadIdx.x];
}

struct Shuffled {
    int xor_5;
    uint32 from;
    uint64 wide;
    double real;
    float sum;
};

KERNEL shuffles(Shuffled* y)
{
    int lane = threadIdx.x % 32;
    Shuffled shuffled;
    shuffled.xor_5 = __shfl_xor_sync(ALL, -(int)threadIdx.x, 5);
    shuffled.from = __shfl_sync(ALL, threadIdx.x, lane * 7 % 32);
    shuffled.wide = __shfl_xor_sync(ALL, (uint64)threadIdx.x << 40, 31);
    shuffled.real = __shfl_sync(ALL, threadIdx.x + 0.25, 3);
    shuffled.sum = (float)threadIdx.x;
    for (int lanes = 16; lanes > 0; lanes /= 2) {
        shuffled.sum += __shfl_xor_sync(ALL, shuffled.sum, lanes);
    }
    y[threadIdx.x] = shuffled;
}

// d (4 a lane), a (4), b (2): the fragments as the host lays them out.
#define MULTIPLY(name, T)                                    \
    KERNEL name(float* d, const uint32* a, const uint32* b)  \
    {                                                        \
        float sum[4];                                        \
        uint32 left[4], right[2];                            \
        for (int i = 0; i < 4; i++) {                        \
            sum[i] = d[threadIdx.x * 4 + i];                 \
            left[i] = a[threadIdx.x * 4 + i];                \
        }                                                    \
        for (int i = 0; i < 2; i++) {                        \
            right[i] = b[threadIdx.x * 2 + i];               \
        }                                                    \
        mma(sum, left, right, T());                          \
        for (int i = 0; i < 4; i++) {                        \
            d[threadIdx.x * 4 + i] = sum[i];                 \
        }                                                    \
    }

MULTIPLY(multiply_f16, half_t)
MULTIPLY(multiply_bf16, bfloat_t)

// Row r of matrix j is 100 j + 10 r and the next seven; rows lie 24 elements apart.
KERNEL load_tiles(uint32* y, int transposed, int shift)
{
    DYNAMIC_SHARED(unsigned short, tiles);
    for (int i = threadIdx.x; i < 4 * 8 * 8; i += 32) {
        int j = i / 64, r = i / 8 % 8, c = i % 8;
        tiles[(j * 8 + r) * 24 + c] = 100 * j + 10 * r + c;
    }
    __syncwarp();
    uint32 loaded[4];
    if (transposed) {
        load_matrices_transposed(loaded, tiles + threadIdx.x * 24 + shift);
    } else {
        load_matrices(loaded, tiles + threadIdx.x * 24 + shift);
    }
    for (int i = 0; i < 4; i++) {
        y[threadIdx.x * 4 + i] = loaded[i];
    }
}

// Two groups of copies; `late` leaves the second under way when it is read.
#define COPIED(name, groups)                                               \
    KERNEL name(uint32* y, const uint32* x)                                \
    {                                                                      \
        DYNAMIC_SHARED(uint32, buffer);                                    \
        int at = threadIdx.x * 8;                                          \
        copy_async16(buffer + at, x + at, true);                           \
        copy_async_commit();                                               \
        copy_async16(buffer + at + 4, nullptr, false);                     \
        copy_async_commit();                                               \
        copy_async_wait<groups>();                                         \
        for (int i = 0; i < 8; i++) {                                      \
            y[at + i] = buffer[at + i];                                    \
        }                                                                  \
    }

COPIED(copied, 0)
COPIED(copied_late, 1)

KERNEL some_end_early()
{
    if (threadIdx.x >= 7) {
        __syncthreads();
    }
}

KERNEL two_barriers()
{
    if (threadIdx.x < 64) {
        __syncthreads();
    } else {
        __syncthreads();
    }
}

KERNEL two_collectives(int* y)
{
    if (threadIdx.x < 16) {
        y[threadIdx.x] = __shfl_xor_sync(ALL, 1, 1);
    } else {
        y[threadIdx.x] = __shfl_xor_sync(ALL, 2, 1);
    }
}

KERNEL partial_mask(int* y)
{
    y[threadIdx.x] = __shfl_xor_sync(0xFFFFu, 1, 1);
}

KERNEL write_at(unsigned char* y, int64 at)
{
    y[at] = 1;
}

KERNEL read_at(unsigned char* y, const unsigned char* x, int64 at)
{
    y[0] = x[at];
}

KERNEL read_wide(uint4* y, const uint4* x)
{
    y[0] = x[0];
}

// The dynamic shared memory's first word as it is found, and a write right past `words`.
KERNEL dynamic_words(uint32* y, int words, int past)
{
    DYNAMIC_SHARED(uint32, found);
    y[0] = found[0];
    y[1] = found[words - 1];
    if (past) {
        found[(words + 3) / 4 * 4] = 1;
    }
}

KERNEL multiply_add(float* y, float a, float b, float c)
{
    y[0] = a * b + c;
    y[1] = fmaf(a, b, c);
}
