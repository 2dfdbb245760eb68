// The host implementation of the kernels' device.cuh: the same names, run by g++ with every CUDA thread as a fiber.
// What a kernel may use is what this file and the card's device.cuh both offer.
#pragma once

#include <immintrin.h>
#include <math.h>
#include <string.h>

// The build lists the kernels by this marker in the preprocessed source, so it stays a word there (see `build`).
#ifdef STANDIN_LIST_KERNELS
#define __global__ standin_kernel
#else
#define __global__ __attribute__((visibility("hidden")))
#endif
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __align__(bytes) __attribute__((aligned(bytes)))
#define __constant__ static
// Blocks run one after another on an OS thread, so one copy an OS thread is one copy a block.
#define __shared__ static thread_local
#define KERNEL extern "C" __global__ void
#define DYNAMIC_SHARED(T, name) T* const name = static_cast<T*>(standin::dynamic_shared())

typedef int int32;
typedef unsigned int uint32;
typedef long long int64;
typedef unsigned long long uint64;

namespace standin {

#define STANDIN_HIDDEN __attribute__((visibility("hidden")))

struct Dim {
    unsigned x = 1, y = 1, z = 1;
};

// Where in the kernels' text a barrier or a collective stands: threads that meet must have come to the same one.
struct Site {
    const char* file;
    int line;
};

// __thread and not thread_local: without a dynamic initialiser to look for, an access is a load.
extern STANDIN_HIDDEN __thread const Dim* thread_index;
extern STANDIN_HIDDEN __thread Dim block_index, block_size, grid_size;

STANDIN_HIDDEN void* dynamic_shared();
STANDIN_HIDDEN void sync_threads(Site site);
STANDIN_HIDDEN void sync_warp(unsigned mask, Site site);
STANDIN_HIDDEN uint64 shuffle(unsigned mask, uint64 value, int source, Site site);
STANDIN_HIDDEN uint64 shuffle_xor(unsigned mask, uint64 value, int lanes, Site site);
STANDIN_HIDDEN void mma_f16(float* d, const uint32* a, const uint32* b, Site site);
STANDIN_HIDDEN void mma_bf16(float* d, const uint32* a, const uint32* b, Site site);
STANDIN_HIDDEN void load_matrices(uint32* r, const void* row, bool transposed, Site site);
STANDIN_HIDDEN void copy_async(void* shared, const void* global, bool valid);
STANDIN_HIDDEN void copy_async_commit();
STANDIN_HIDDEN void copy_async_wait(int groups);

template <class T>
uint64 to_bits(T value)
{
    static_assert(__is_trivially_copyable(T) && (sizeof(T) == 4 || sizeof(T) == 8), "a shuffle moves 4 or 8 bytes");
    uint64 bits = 0;
    memcpy(&bits, &value, sizeof(T));
    return bits;
}

template <class T>
T from_bits(uint64 bits)
{
    T value;
    memcpy(&value, &bits, sizeof(T));
    return value;
}

}

#define threadIdx (*standin::thread_index)
#define blockIdx standin::block_index
#define blockDim standin::block_size
#define gridDim standin::grid_size

struct Matrix {
    unsigned char* data;
    int rows;
    int columns;
    int stride;
};

struct half_t {
    unsigned short bits;
};

struct bfloat_t {
    unsigned short bits;
};

// The vectors that CUDA has built in, with its alignments: g++ then uses instructions that fault where a pointer is not aligned.
struct alignas(8) float2 {
    float x, y;
};
struct alignas(16) float4 {
    float x, y, z, w;
};
struct alignas(8) uint2 {
    unsigned x, y;
};
struct alignas(16) uint4 {
    unsigned x, y, z, w;
};
struct alignas(16) int4 {
    int x, y, z, w;
};

inline uint32 __float_as_uint(float value) { return (uint32)standin::to_bits(value); }
inline int __float_as_int(float value) { return (int)standin::to_bits(value); }
inline float __uint_as_float(uint32 bits) { return standin::from_bits<float>(bits); }
inline float __int_as_float(int bits) { return standin::from_bits<float>((uint32)bits); }
inline uint32 __umulhi(uint32 a, uint32 b) { return (uint32)((uint64)a * b >> 32); }
inline uint64 __umul64hi(uint64 a, uint64 b) { return (uint64)((unsigned __int128)a * b >> 64); }
inline float rsqrtf(float value) { return 1.0f / sqrtf(value); }

inline int min(int a, int b) { return a < b ? a : b; }
inline int max(int a, int b) { return a > b ? a : b; }
inline uint32 min(uint32 a, uint32 b) { return a < b ? a : b; }
inline uint32 max(uint32 a, uint32 b) { return a > b ? a : b; }
inline int64 min(int64 a, int64 b) { return a < b ? a : b; }
inline int64 max(int64 a, int64 b) { return a > b ? a : b; }
inline uint64 min(uint64 a, uint64 b) { return a < b ? a : b; }
inline uint64 max(uint64 a, uint64 b) { return a > b ? a : b; }
inline float min(float a, float b) { return fminf(a, b); }
inline float max(float a, float b) { return fmaxf(a, b); }
inline double min(double a, double b) { return fmin(a, b); }
inline double max(double a, double b) { return fmax(a, b); }

inline float to_float(float value) { return value; }
inline float to_float(half_t value) { return _cvtsh_ss(value.bits); }
inline float to_float(bfloat_t value) { return __uint_as_float((uint32)value.bits << 16); }

template <class T>
T from_float(float value);

template <>
inline float from_float<float>(float value)
{
    return value;
}

// cvt.rn.f16.f32 and cvt.rn.bf16.f32 make one NaN of every NaN, 0x7FFF.
template <>
inline half_t from_float<half_t>(float value)
{
    return {value != value ? (unsigned short)0x7FFF : _cvtss_sh(value, _MM_FROUND_TO_NEAREST_INT)};
}

template <>
inline bfloat_t from_float<bfloat_t>(float value)
{
    uint32 bits = __float_as_uint(value);
    return {value != value ? (unsigned short)0x7FFF : (unsigned short)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16)};
}

template <class T>
T* row(Matrix m, int64 r)
{
    return reinterpret_cast<T*>(m.data) + r * m.stride;
}

// The last parameter of what follows is never given: its default is the place of the call.
#define STANDIN_SITE standin::Site site = {__builtin_FILE(), __builtin_LINE()}

inline void __syncthreads(STANDIN_SITE) { standin::sync_threads(site); }
inline void __syncwarp(unsigned mask = 0xFFFFFFFFu, STANDIN_SITE) { standin::sync_warp(mask, site); }

template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lanes, STANDIN_SITE)
{
    return standin::from_bits<T>(standin::shuffle_xor(mask, standin::to_bits(value), lanes, site));
}

template <class T>
T __shfl_sync(unsigned mask, T value, int source, STANDIN_SITE)
{
    return standin::from_bits<T>(standin::shuffle(mask, standin::to_bits(value), source, site));
}

inline void mma(float (&d)[4], const uint32 (&a)[4], const uint32 (&b)[2], half_t, STANDIN_SITE)
{
    standin::mma_f16(d, a, b, site);
}

inline void mma(float (&d)[4], const uint32 (&a)[4], const uint32 (&b)[2], bfloat_t, STANDIN_SITE)
{
    standin::mma_bf16(d, a, b, site);
}

inline void load_matrices(uint32 (&r)[4], const void* shared_row, STANDIN_SITE)
{
    standin::load_matrices(r, shared_row, false, site);
}

inline void load_matrices_transposed(uint32 (&r)[4], const void* shared_row, STANDIN_SITE)
{
    standin::load_matrices(r, shared_row, true, site);
}

inline void copy_async16(void* shared, const void* global, bool valid) { standin::copy_async(shared, global, valid); }
inline void copy_async_commit() { standin::copy_async_commit(); }

template <int N>
void copy_async_wait()
{
    standin::copy_async_wait(N);
}
