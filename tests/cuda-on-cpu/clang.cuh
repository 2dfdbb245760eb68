// What NVRTC has built in, for checking the kernels with clang where no CUDA toolkit is: nothing made with this is ever run.
//   clang++ -x cuda --cuda-device-only --cuda-gpu-arch=sm_80 -nocudainc -nocudalib --cuda-feature=+ptx80 -std=c++17 -O2 -S -include clang.cuh
#define __device__ __attribute__((device))
#define __global__ __attribute__((global))
#define __shared__ __attribute__((shared))
#define __constant__ __attribute__((constant))
#define __host__ __attribute__((host))
#define __forceinline__ inline __attribute__((always_inline))
#define __align__(n) __attribute__((aligned(n)))
#define __launch_bounds__(...) __attribute__((launch_bounds(__VA_ARGS__)))

#include <__clang_cuda_builtin_vars.h>

extern "C" {
__device__ float expf(float);
__device__ float logf(float);
}

__device__ inline float sqrtf(float value)
{
    return __nvvm_sqrt_rn_f(value);
}

__device__ inline double sqrt(double value)
{
    return __nvvm_sqrt_rn_d(value);
}

__device__ inline float floorf(float value)
{
    return __nvvm_floor_f(value);
}

__device__ inline float fmaf(float a, float b, float c)
{
    return __nvvm_fma_rn_f(a, b, c);
}

__device__ inline float fmaxf(float a, float b)
{
    return __nvvm_fmax_f(a, b);
}

__device__ inline float fminf(float a, float b)
{
    return __nvvm_fmin_f(a, b);
}

__device__ inline unsigned min(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

__device__ inline int min(int a, int b)
{
    return a < b ? a : b;
}

__device__ inline int max(int a, int b)
{
    return a > b ? a : b;
}

__device__ inline int __float_as_int(float value)
{
    return __builtin_bit_cast(int, value);
}

__device__ inline float __int_as_float(int bits)
{
    return __builtin_bit_cast(float, bits);
}

__device__ inline int __shfl_xor_sync(unsigned mask, int value, int lanes)
{
    return __nvvm_shfl_sync_bfly_i32(mask, value, lanes, 31);
}

__device__ inline int __shfl_sync(unsigned mask, int value, int lane)
{
    return __nvvm_shfl_sync_idx_i32(mask, value, lane, 31);
}

__device__ inline float __shfl_xor_sync(unsigned mask, float value, int lanes)
{
    return __nvvm_shfl_sync_bfly_f32(mask, value, lanes, 31);
}

__device__ inline float __shfl_sync(unsigned mask, float value, int lane)
{
    return __nvvm_shfl_sync_idx_f32(mask, value, lane, 31);
}

__device__ inline double __shfl_xor_sync(unsigned mask, double value, int lanes)
{
    union { double whole; int half[2]; } parts = {value};
    parts.half[0] = __shfl_xor_sync(mask, parts.half[0], lanes);
    parts.half[1] = __shfl_xor_sync(mask, parts.half[1], lanes);
    return parts.whole;
}

__device__ inline double __shfl_sync(unsigned mask, double value, int lane)
{
    union { double whole; int half[2]; } parts = {value};
    parts.half[0] = __shfl_sync(mask, parts.half[0], lane);
    parts.half[1] = __shfl_sync(mask, parts.half[1], lane);
    return parts.whole;
}

__device__ inline void __syncwarp()
{
    __nvvm_bar_warp_sync(0xFFFFFFFF);
}
