// What threads do together, as the PTX ISA defines it: shuffles, mma.m16n8k16, ldmatrix; and cp.async.
#include "block.h"

namespace standin {

namespace {

struct Shuffle {
    uint64 value;
    unsigned source;
    uint64 result;
};

void run_shuffle(void* const* arguments, unsigned lanes)
{
    for (unsigned lane = 0; lane < lanes; lane++) {
        Shuffle& shuffle = *static_cast<Shuffle*>(arguments[lane]);
        shuffle.result = static_cast<Shuffle*>(arguments[shuffle.source])->value;
    }
}

struct Mma {
    float* d;
    const uint32* a;
    const uint32* b;
};

// Fragments of m16n8k16 (PTX ISA, "Matrix Fragments for mma.m16n8k16 with floating point type"), group = lane / 4 and
// pair = lane % 4: register i of a holds row group + 8 (i & 1), columns 2 pair + 8 (i >> 1) and the next; register i of b rows
// 2 pair + 8 i and the next, column group; d[0], d[1] are row group, columns 2 pair and the next, d[2], d[3] row group + 8.
struct Fragments {
    alignas(32) unsigned short a[16][16], b[16][8];
    alignas(32) float d[16][8];

    explicit Fragments(void* const* arguments)
    {
        for (unsigned lane = 0; lane < 32; lane++) {
            const Mma& mma = *static_cast<const Mma*>(arguments[lane]);
            unsigned group = lane / 4, pair = lane % 4 * 2;
            for (unsigned i = 0; i < 4; i++) {
                memcpy(&a[group + 8 * (i & 1)][pair + 8 * (i >> 1)], &mma.a[i], 4);
            }
            for (unsigned i = 0; i < 2; i++) {
                b[pair + 8 * i][group] = (unsigned short)mma.b[i];
                b[pair + 8 * i + 1][group] = (unsigned short)(mma.b[i] >> 16);
                memcpy(&d[group + 8 * i][pair], &mma.d[2 * i], 8);
            }
        }
    }

    void store(void* const* arguments) const
    {
        for (unsigned lane = 0; lane < 32; lane++) {
            const Mma& mma = *static_cast<const Mma*>(arguments[lane]);
            for (unsigned i = 0; i < 2; i++) {
                memcpy(&mma.d[2 * i], &d[lane / 4 + 8 * i][lane % 4 * 2], 8);
            }
        }
    }
};

__m256 widen_f16(const unsigned short* row)
{
    return _mm256_cvtph_ps(_mm_load_si128(reinterpret_cast<const __m128i*>(row)));
}

__m256 widen_bf16(const unsigned short* row)
{
    __m256i wide = _mm256_cvtepu16_epi32(_mm_load_si128(reinterpret_cast<const __m128i*>(row)));
    return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
}

// k in ascending order; a product of two 16-bit floats is exact in float32, so a fused step is a product and a sum.
template <__m256 (*widen)(const unsigned short*)>
void run_mma(void* const* arguments, unsigned)
{
    Fragments fragments(arguments);
    __m256 b[16];
    for (unsigned k = 0; k < 16; k++) {
        b[k] = widen(fragments.b[k]);
    }
    for (unsigned row = 0; row < 16; row++) {
        alignas(32) float a[16];
        _mm256_store_ps(a, widen(fragments.a[row]));
        _mm256_store_ps(a + 8, widen(fragments.a[row] + 8));
        __m256 sum = _mm256_load_ps(fragments.d[row]);
        for (unsigned k = 0; k < 16; k++) {
            sum = _mm256_fmadd_ps(_mm256_set1_ps(a[k]), b[k], sum);
        }
        _mm256_store_ps(fragments.d[row], sum);
    }
    fragments.store(arguments);
}

struct LoadMatrices {
    uint32* r;
    const void* row;
};

// Lanes 8 j to 8 j + 7 give the rows of matrix j; register j of a lane gets elements 2 (lane % 4) and the next of its row
// lane / 4, or of its column where transposed (PTX ISA, "ldmatrix").
template <bool transposed>
void run_load_matrices(void* const* arguments, unsigned)
{
    for (unsigned j = 0; j < 4; j++) {
        unsigned short matrix[8][8];
        for (unsigned row = 0; row < 8; row++) {
            memcpy(matrix[row], static_cast<LoadMatrices*>(arguments[8 * j + row])->row, 16);
        }
        for (unsigned lane = 0; lane < 32; lane++) {
            unsigned line = lane / 4, pair = lane % 4 * 2;
            uint32 low = transposed ? matrix[pair][line] : matrix[line][pair];
            uint32 high = transposed ? matrix[pair + 1][line] : matrix[line][pair + 1];
            static_cast<LoadMatrices*>(arguments[lane])->r[j] = low | high << 16;
        }
    }
}

void require_aligned(const void* address, const char* what)
{
    if (reinterpret_cast<uint64>(address) % 16 != 0) {
        block->fail(misaligned_address, std::string(what) + " of an address that is not a multiple of 16");
    }
}

void perform(const AsyncCopy& copy)
{
    if (copy.valid) {
        memcpy(copy.shared, copy.global, 16);
    } else {
        memset(copy.shared, 0, 16);
    }
}

}

void* dynamic_shared()
{
    return block->shared();
}

void sync_threads(Site site)
{
    block->sync_threads(site);
}

void sync_warp(unsigned mask, Site site)
{
    block->sync_warp(nullptr, nullptr, mask, site);
}

uint64 shuffle(unsigned mask, uint64 value, int source, Site site)
{
    Shuffle shuffle = {value, (unsigned)source % 32, 0};
    block->sync_warp(run_shuffle, &shuffle, mask, site);
    return shuffle.result;
}

uint64 shuffle_xor(unsigned mask, uint64 value, int lanes, Site site)
{
    return shuffle(mask, value, (int)(block->current().number % 32 ^ (unsigned)lanes), site);
}

void mma_f16(float* d, const uint32* a, const uint32* b, Site site)
{
    Mma mma = {d, a, b};
    block->sync_warp(run_mma<widen_f16>, &mma, 0xFFFFFFFFu, site);
}

void mma_bf16(float* d, const uint32* a, const uint32* b, Site site)
{
    Mma mma = {d, a, b};
    block->sync_warp(run_mma<widen_bf16>, &mma, 0xFFFFFFFFu, site);
}

void load_matrices(uint32* r, const void* row, bool transposed, Site site)
{
    require_aligned(row, "ldmatrix");
    LoadMatrices load = {r, row};
    block->sync_warp(transposed ? run_load_matrices<true> : run_load_matrices<false>, &load, 0xFFFFFFFFu, site);
}

// A copy may arrive at any time until it is waited for; both ends of that are tried, so that a kernel that reads too early or
// gives a buffer away too early shows.
void copy_async(void* shared, const void* global, bool valid)
{
    require_aligned(shared, "cp.async to shared memory");
    require_aligned(valid ? global : nullptr, "cp.async from global memory");
    Thread& thread = block->current();
    AsyncCopy copy = {shared, global, valid, thread.copy_groups};
    if (block->coin()) {
        perform(copy);
    } else {
        thread.copies.push_back(copy);
    }
}

void copy_async_commit()
{
    block->current().copy_groups++;
}

// All groups but the latest `groups` that were committed are complete; what is in none yet is not.
void copy_async_wait(int groups)
{
    Thread& thread = block->current();
    size_t done = 0;
    while (done < thread.copies.size() && thread.copies[done].group < thread.copy_groups - groups) {
        perform(thread.copies[done++]);
    }
    thread.copies.erase(thread.copies.begin(), thread.copies.begin() + done);
}

}
