// What the kernels may use besides plain C++ and CUDA's own words: types, and instructions that have no name in C++. The tests have a
// second device.cuh, for the host, so a kernel that needs more than this adds it to both. NVRTC reads no system header, hence none here.
// Only sm_80 and later are supported.
#ifndef CODE_DEVICE_CUH
#define CODE_DEVICE_CUH

#define KERNEL extern "C" __global__ void

typedef int int32;
typedef unsigned int uint32;
typedef long long int64;
typedef unsigned long long uint64;

/// A tensor as C# passes it (24 bytes): the stride is in elements.
struct Matrix
{
    unsigned char* data;
    int rows;
    int columns;
    int stride;
};

struct half_t
{
    unsigned short bits;
};

struct bfloat_t
{
    unsigned short bits;
};

__device__ __forceinline__ float to_float(float value)
{
    return value;
}

__device__ __forceinline__ float to_float(half_t value)
{
    float wide;
    asm("cvt.f32.f16 %0, %1;" : "=f"(wide) : "h"(value.bits));
    return wide;
}

__device__ __forceinline__ float to_float(bfloat_t value)
{
    float wide;
    asm("mov.b32 %0, {%1, %2};" : "=f"(wide) : "h"((unsigned short)0), "h"(value.bits));
    return wide;
}

/// Rounds to nearest even.
template <class T>
__device__ __forceinline__ T from_float(float value);

template <>
__device__ __forceinline__ float from_float<float>(float value)
{
    return value;
}

template <>
__device__ __forceinline__ half_t from_float<half_t>(float value)
{
    half_t narrow;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(narrow.bits) : "f"(value));
    return narrow;
}

template <>
__device__ __forceinline__ bfloat_t from_float<bfloat_t>(float value)
{
    bfloat_t narrow;
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(narrow.bits) : "f"(value));
    return narrow;
}

/// Address of element (r, 0).
template <class T>
__device__ __forceinline__ T* row(Matrix m, int64 r)
{
    return reinterpret_cast<T*>(m.data) + r * m.stride;
}

/// All kernels' dynamic shared memory is one array for the compiler, which wants one type for one name.
extern __shared__ __align__(16) unsigned char dynamic_shared[];

#define DYNAMIC_SHARED(T, name) T* const name = reinterpret_cast<T*>(dynamic_shared)

/// The compiler sees through its own word for it, and keeps what is added to an address in the instruction; NVRTC before 11.2 lacks it.
__device__ __forceinline__ uint32 shared_address(const void* shared)
{
#if defined(__CUDACC_RTC__) && __CUDACC_VER_MAJOR__ >= 12
    return (uint32)__cvta_generic_to_shared(shared);
#else
    uint32 address;
    asm("{ .reg .u64 wide; cvta.to.shared.u64 wide, %1; cvt.u32.u64 %0, wide; }" : "=r"(address) : "l"(shared));
    return address;
#endif
}

/// d += a b of a warp: a is 16x16 row-major, b 16x8 column-major, d 16x8 in float32.
__device__ __forceinline__ void mma(float (&d)[4], const uint32 (&a)[4], const uint32 (&b)[2], half_t)
{
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

__device__ __forceinline__ void mma(float (&d)[4], const uint32 (&a)[4], const uint32 (&b)[2], bfloat_t)
{
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

/// Four 8x8 matrices of 16-bit elements: lane i gives the address of row i % 8 of matrix i / 8 and gets elements 2 (i % 4) and the next
/// of row i / 4 of each.
__device__ __forceinline__ void load_matrices(uint32 (&r)[4], const void* shared_row)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
        : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
        : "r"(shared_address(shared_row))
        : "memory");
}

/// Likewise, of the transposed matrices.
__device__ __forceinline__ void load_matrices_transposed(uint32 (&r)[4], const void* shared_row)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
        : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
        : "r"(shared_address(shared_row))
        : "memory");
}

/// 16 bytes from global to shared memory, both aligned to 16; zeros and no reading where not valid.
__device__ __forceinline__ void copy_async16(void* shared, const void* global, bool valid)
{
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
        :
        : "r"(shared_address(shared)), "l"(global), "r"(valid ? 16 : 0)
        : "memory");
}

/// Ends a group of copies.
__device__ __forceinline__ void copy_async_commit()
{
    asm volatile("cp.async.commit_group;" ::: "memory");
}

/// Waits until at most the last N groups of this thread are under way.
template <int N>
__device__ __forceinline__ void copy_async_wait()
{
    asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory");
}

#endif
