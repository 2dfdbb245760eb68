// Threads of a block: barriers, shuffles, matrix operations, copies, and the mistakes that must show.
#include <cmath>
#include <cstdlib>
#include <random>
#include <string>

#include "../device.cuh"
#include "card.h"

namespace {

void test_blocks()
{
    Card card;
    // 3 x 2 x 2 blocks of 4 x 3 x 2 threads.
    uint64 y = card.room(12 * 24 * 4);
    void* parameters[] = {&y};
    CHECK_CODE(0, cuLaunchKernel(card.function("places"), 3, 2, 2, 4, 3, 2, 0, card.stream, parameters, nullptr));
    std::vector<int> places = card.download<int>(y, 12 * 24);
    for (int i = 0; i < 12 * 24; i++) {
        CHECK(places[i] == i / 24 * 1000 + i % 24);
    }
    float a = 1 + std::ldexp(1.0f, -12), c = -1 - std::ldexp(1.0f, -11);
    y = card.room(8);
    CHECK_CODE(0, card.run("multiply_add", 1, 1, 0, y, a, a, c));
    CHECK(card.download<float>(y, 2) == (std::vector<float>{0, std::ldexp(1.0f, -24)}));
}

void test_order()
{
    Card card;
    int neighbours = 0;
    std::vector<int> earlier;
    for (int i = 0; i < 2; i++) {
        uint64 y = card.upload(std::vector<int>(257, 0));
        CHECK_CODE(0, card.run("order", 1, 256, 0, y));
        std::vector<int> came = card.download<int>(y, 257);
        CHECK(came[0] == 256 && came != earlier);
        for (int t = 1; t < 256; t++) {
            neighbours += std::abs(came[t] - came[t + 1]) == 1;
        }
        earlier = came;
    }
    // Of 510 pairs, four come one after the other by chance.
    CHECK(neighbours < 50);
}

int wrong_in_reversed(Card& card, const char* name)
{
    const int blocks = 64, repeats = 5;
    uint64 y = card.room(blocks * 256 * 4);
    CHECK_CODE(0, card.run(name, blocks, 256, 0, y, repeats));
    std::vector<int> values = card.download<int>(y, blocks * 256);
    int wrong = 0;
    for (int i = 0; i < blocks * 256; i++) {
        wrong += values[i] != i / 256 * 256 + 255 - i % 256;
    }
    return wrong;
}

void test_barriers()
{
    Card card;
    CHECK(wrong_in_reversed(card, "reversed") == 0);
    CHECK(wrong_in_reversed(card, "reversed_without_barrier") > 0);
    int wrong[2] = {0, 0};
    for (int synchronized : {0, 1}) {
        for (int i = 0; i < 20; i++) {
            uint64 y = card.room(128);
            CHECK_CODE(0, card.run("warp_reversed", 1, 32, 0, y, synchronized));
            std::vector<int> values = card.download<int>(y, 32);
            for (int lane = 0; lane < 32; lane++) {
                wrong[synchronized] += values[lane] != 31 - lane;
            }
        }
    }
    CHECK(wrong[0] > 0);
    CHECK(wrong[1] == 0);
}

struct Shuffled {
    int xor_5;
    uint32 from;
    uint64 wide;
    double real;
    float sum;
};

void test_shuffles()
{
    Card card;
    uint64 y = card.room(64 * sizeof(Shuffled));
    CHECK_CODE(0, card.run("shuffles", 1, 64, 0, y));
    std::vector<Shuffled> shuffled = card.download<Shuffled>(y, 64);
    for (uint32 i = 0; i < 64; i++) {
        uint32 warp = i / 32 * 32, lane = i % 32;
        CHECK(shuffled[i].xor_5 == -(int)(warp + (lane ^ 5)));
        CHECK(shuffled[i].from == warp + lane * 7 % 32);
        CHECK(shuffled[i].wide == (uint64)(warp + 31 - lane) << 40);
        CHECK(shuffled[i].real == warp + 3.25);
        CHECK(shuffled[i].sum == 32 * warp + 31 * 16);
    }
}

// The PTX ISA's own words for the place of element i of a fragment, apart from how the stand-in reads them.
int a_row(int lane, int i) { return (0 <= i && i < 2) || (4 <= i && i < 6) ? lane >> 2 : (lane >> 2) + 8; }
int a_column(int lane, int i) { return lane % 4 * 2 + (i & 1) + (i < 4 ? 0 : 8); }
int b_row(int lane, int i) { return lane % 4 * 2 + (i & 1) + (i < 2 ? 0 : 8); }
int b_column(int lane, int) { return lane >> 2; }
int d_row(int lane, int i) { return i < 2 ? lane >> 2 : (lane >> 2) + 8; }
int d_column(int lane, int i) { return lane % 4 * 2 + (i & 1); }

template <class T>
void test_product(const char* kernel)
{
    Card card;
    std::mt19937 random(11);
    std::normal_distribution<float> normal;
    T a[16][16], b[16][8];
    float d[16][8], expected[16][8];
    for (auto& value : reinterpret_cast<T(&)[256]>(a)) {
        value = from_float<T>(normal(random));
    }
    for (auto& value : reinterpret_cast<T(&)[128]>(b)) {
        value = from_float<T>(normal(random));
    }
    for (int i = 0; i < 128; i++) {
        int row = i / 8, column = i % 8;
        float sum = d[row][column] = normal(random);
        for (int k = 0; k < 16; k++) {
            sum += to_float(a[row][k]) * to_float(b[k][column]);
        }
        expected[row][column] = sum;
    }
    std::vector<T> left, right;
    std::vector<float> sums;
    for (int lane = 0; lane < 32; lane++) {
        for (int i = 0; i < 8; i++) {
            left.push_back(a[a_row(lane, i)][a_column(lane, i)]);
        }
        for (int i = 0; i < 4; i++) {
            right.push_back(b[b_row(lane, i)][b_column(lane, i)]);
            sums.push_back(d[d_row(lane, i)][d_column(lane, i)]);
        }
    }
    uint64 y = card.upload(sums);
    CHECK_CODE(0, card.run(kernel, 1, 32, 0, y, card.upload(left), card.upload(right)));
    sums = card.download<float>(y, 128);
    for (int i = 0; i < 128; i++) {
        CHECK(sums[i] == expected[d_row(i / 4, i % 4)][d_column(i / 4, i % 4)]);
    }
}

void test_load_matrices()
{
    for (int transposed : {0, 1}) {
        Card card;
        uint64 y = card.room(512);
        CHECK_CODE(0, card.run("load_tiles", 1, 32, 4 * 8 * 48, y, transposed, 0));
        std::vector<unsigned short> loaded = card.download<unsigned short>(y, 256);
        for (int lane = 0; lane < 32; lane++) {
            for (int i = 0; i < 8; i++) {
                int matrix = i / 2, line = lane / 4, along = lane % 4 * 2 + i % 2;
                int row = transposed ? along : line, column = transposed ? line : along;
                CHECK(loaded[lane * 8 + i] == 100 * matrix + 10 * row + column);
            }
        }
        CHECK_CODE(716, card.run("load_tiles", 1, 32, 4 * 8 * 48, y, transposed, 2));
    }
}

void test_copies_of_kernels()
{
    Card card;
    std::vector<uint32> x(1024);
    for (uint32 i = 0; i < 1024; i++) {
        x[i] = i + 1;
    }
    uint64 from = card.upload(x);
    int late = 0;
    for (const char* name : {"copied", "copied_late"}) {
        uint64 y = card.room(4096);
        CHECK_CODE(0, card.run(name, 1, 128, 4096, y, from));
        std::vector<uint32> values = card.download<uint32>(y, 1024);
        for (uint32 i = 0; i < 1024; i++) {
            bool wrong = values[i] != (i % 8 < 4 ? x[i] : 0);
            late += wrong;
            CHECK(!wrong || (name == std::string("copied_late") && i % 8 >= 4));
        }
    }
    CHECK(late > 0);
}

// A launch that must fail, with a message that says where; the context is lost with it.
template <class... A>
void must_fail(int code, const char* said, const char* name, unsigned block, A... arguments)
{
    Card card;
    uint64 y = card.room(4096);
    CHECK_CODE(code, card.run(name, 2, block, 0, arguments..., y));
    CHECK(strstr(standin_message(), said) != nullptr);
    CHECK_CODE(code, cuStreamSynchronize(card.stream));
    CHECK_CODE(code, cuMemFree_v2(y));
}

void test_divergence()
{
    must_fail(719, "7 of 128 ended, 121 wait at the barrier of kernels.cu", "some_end_early", 128);
    must_fail(719, "others of its block at that of kernels.cu", "two_barriers", 128);
    must_fail(719, "other lanes of its warp at kernels.cu", "two_collectives", 32);
    must_fail(719, "collective of less than 32 lanes", "partial_mask", 32);
    must_fail(719, "collective of less than 32 lanes", "shuffles", 40);
}

void test_accesses()
{
    const long long inside = 1023, slack = 1024, outside = 1100, before = -4096;
    for (long long at : {outside, before}) {
        Card card;
        uint64 y = card.room(1024);
        CHECK_CODE(700, card.run("write_at", 1, 1, 0, y, at));
    }
    {
        Card card;
        uint64 y = card.room(1024), freed = card.room(1024);
        CHECK_CODE(0, cuMemFree_v2(freed));
        CHECK_CODE(700, card.run("read_at", 1, 1, 0, y, freed, inside));
    }
    {
        Card card;
        uint64 y = card.room(1024);
        CHECK_CODE(716, card.run("read_wide", 1, 1, 0, y, y + 4));
    }
    {
        Card card;
        uint64 exact = card.room(1024), loose = card.room(1024 - 100);
        long long overruns = standin_count("overruns");
        CHECK_CODE(0, card.run("write_at", 1, 1, 0, exact, inside));
        CHECK_CODE(0, cuMemFree_v2(exact));
        CHECK(standin_count("overruns") == overruns);
        CHECK_CODE(0, card.run("write_at", 1, 1, 0, loose, slack - 50));
        CHECK_CODE(0, cuMemFree_v2(loose));
        CHECK(standin_count("overruns") == overruns + 1);
    }
}

void test_dynamic_shared()
{
    Card card;
    uint64 y = card.room(8);
    CHECK_CODE(0, card.run("dynamic_words", 1, 1, 40, y, 10, 0));
    CHECK(card.download<uint32>(y, 2) == (std::vector<uint32>{0xFFFFFFFFu, 0xFFFFFFFFu}));
    CHECK_CODE(700, card.run("dynamic_words", 1, 1, 40, y, 10, 1));
}

}

void test_threads()
{
    test_blocks();
    test_order();
    test_barriers();
    test_shuffles();
    test_product<half_t>("multiply_f16");
    test_product<bfloat_t>("multiply_bf16");
    test_load_matrices();
    test_copies_of_kernels();
    test_divergence();
    test_accesses();
    test_dynamic_shared();
}
