// The driver where a caller goes wrong, and capture.
#include <cstdlib>
#include <string>
#include <thread>

#include "card.h"

namespace {

constexpr size_t memory = 2ull << 30;

void test_order_of_calls()
{
    int count = 0, device = 0;
    void *context = nullptr, *stream = nullptr;
    uint64 address = 0;
    CHECK_CODE(3, cuDeviceGetCount(&count));
    CHECK_CODE(3, cuMemAlloc_v2(&address, 16));
    CHECK_CODE(0, cuInit(0));
    CHECK_CODE(0, cuDeviceGetCount(&count));
    CHECK(count == 2);
    CHECK_CODE(101, cuDeviceGet(&device, 2));
    CHECK_CODE(201, cuMemAlloc_v2(&address, 16));
    CHECK_CODE(0, cuDevicePrimaryCtxRetain(&context, 1));
    CHECK_CODE(0, cuCtxSetCurrent(context));
    CHECK_CODE(0, cuMemAlloc_v2(&address, 16));
    CHECK_CODE(0, cuStreamCreate(&stream, 0));
    std::thread([&] { CHECK_CODE(201, cuMemFree_v2(address)); }).join();
    CHECK_CODE(201, cuCtxSetCurrent(&count));
    char name[64];
    CHECK_CODE(0, cuDeviceGetName(name, sizeof name, 1));
    CHECK(name == std::string("CPU stand-in 1"));
    CHECK_CODE(0, cuDevicePrimaryCtxRelease_v2(1));
    CHECK_CODE(709, cuMemFree_v2(address));
    CHECK_CODE(709, cuStreamSynchronize(stream));
    CHECK(standin_count("live_bytes") == 0);
    CHECK_CODE(201, cuDevicePrimaryCtxRelease_v2(1));
}

void test_memory()
{
    Card card;
    size_t free = 0, total = 0;
    uint64 address = 0, other = 0;
    CHECK_CODE(0, cuMemGetInfo_v2(&free, &total));
    CHECK(free == memory && total == memory);
    CHECK_CODE(0, cuMemAlloc_v2(&address, 1000));
    CHECK(address % 256 == 0);
    CHECK_CODE(0, cuMemGetInfo_v2(&free, &total));
    CHECK(free == memory - 1000);
    CHECK_CODE(2, cuMemAlloc_v2(&other, memory - 999));
    CHECK_CODE(1, cuMemAlloc_v2(&other, 0));
    CHECK(card.download<unsigned>(address, 250) == std::vector<unsigned>(250, 0xFFFFFFFFu));
    std::vector<char> host(1001);
    CHECK_CODE(1, cuMemcpyHtoDAsync_v2(address, host.data(), 1001, card.stream));
    CHECK_CODE(1, cuMemcpyHtoDAsync_v2(address - 1, host.data(), 10, card.stream));
    CHECK_CODE(1, cuMemcpyDtoHAsync_v2(host.data(), address + 999, 2, card.stream));
    CHECK_CODE(1, cuMemsetD8Async(address, 0, 1001, card.stream));
    CHECK_CODE(400, cuMemsetD8Async(address, 0, 10, &card));
    CHECK_CODE(0, cuMemsetD8Async(address + 4, 7, 4, card.stream));
    CHECK(card.download<unsigned>(address, 3) == (std::vector<unsigned>{0xFFFFFFFFu, 0x07070707u, 0xFFFFFFFFu}));
    CHECK_CODE(1, cuMemFree_v2(address + 256));
    CHECK_CODE(0, cuMemFree_v2(address));
    CHECK_CODE(1, cuMemFree_v2(address));
    CHECK_CODE(0, cuMemGetInfo_v2(&free, &total));
    CHECK(free == memory);
    void* pinned = nullptr;
    CHECK_CODE(0, cuMemHostAlloc(&pinned, 100, 0));
    CHECK_CODE(1, cuMemFree_v2((uint64)pinned));
    CHECK_CODE(0, cuMemFreeHost(pinned));
    CHECK_CODE(1, cuMemFreeHost(pinned));
}

// CUDA_MEMCPY2D_v2, by its fields.
struct Lines {
    size_t from_x, from_y;
    int from_type;
    const void* from_host;
    uint64 from_device;
    void* from_array;
    size_t from_pitch, to_x, to_y;
    int to_type;
    void* to_host;
    uint64 to_device;
    void* to_array;
    size_t to_pitch, width, height;
};

void test_lines()
{
    Card card;
    std::vector<int> x(60);
    for (int i = 0; i < 60; i++) {
        x[i] = i;
    }
    // Of 6 x 10, the 3 x 4 at row 2, column 5, to row 1, column 2 of 4 x 7.
    uint64 from = card.upload(x), to = card.upload(std::vector<int>(28, -1));
    Lines lines = {20, 2, 2, nullptr, from, nullptr, 40, 8, 1, 2, nullptr, to, nullptr, 28, 16, 3};
    CHECK_CODE(0, cuMemcpy2DAsync_v2(&lines, card.stream));
    std::vector<int> y = card.download<int>(to, 28);
    for (int i = 0; i < 28; i++) {
        int row = i / 7 - 1, column = i % 7 - 2;
        bool copied = row >= 0 && column >= 0 && column < 4;
        CHECK(y[i] == (copied ? (row + 2) * 10 + column + 5 : -1));
    }
    lines.height = 4;
    CHECK_CODE(1, cuMemcpy2DAsync_v2(&lines, card.stream));
    lines.height = 3;
    lines.to_pitch = 20;
    CHECK_CODE(1, cuMemcpy2DAsync_v2(&lines, card.stream));
}

void test_launches()
{
    Card card;
    void *function = card.function("doubled"), *missing = nullptr;
    uint64 y = card.room(4096);
    int n = 0;
    void* parameters[] = {&y, &y, &n};
    auto launch = [&](unsigned grid, unsigned x, unsigned y, unsigned shared) {
        return cuLaunchKernel(function, grid, 1, 1, x, y, 1, shared, card.stream, parameters, nullptr);
    };
    CHECK_CODE(500, cuModuleGetFunction(&missing, card.module, "no_such"));
    CHECK_CODE(0, launch(1, 1024, 1, 0));
    CHECK_CODE(1, launch(1, 1025, 1, 0));
    CHECK_CODE(1, launch(1, 512, 3, 0));
    CHECK_CODE(1, launch(0, 32, 1, 0));
    CHECK_CODE(0, launch(1, 32, 1, 48 * 1024));
    CHECK_CODE(1, launch(1, 32, 1, 48 * 1024 + 1));
    CHECK_CODE(1, cuFuncSetAttribute(function, 8, 227 * 1024 + 1));
    CHECK_CODE(0, cuFuncSetAttribute(function, 8, 227 * 1024));
    CHECK_CODE(0, launch(1, 32, 1, 227 * 1024));
    CHECK_CODE(400, cuLaunchKernel(&n, 1, 1, 1, 1, 1, 1, 0, card.stream, parameters, nullptr));
    CHECK_CODE(0, cuModuleUnload(card.module));
    CHECK_CODE(400, launch(1, 32, 1, 0));
}

void test_capture()
{
    Card card;
    uint64 x = card.upload(std::vector<float>{1, 2, 3}), y = card.upload(std::vector<float>{0, 0, 0});
    void *graph = nullptr, *instance = nullptr;
    long long kernels = standin_count("kernels");
    int n = 3;
    void* parameters[] = {&y, &x, &n};
    CHECK_CODE(0, cuStreamBeginCapture_v2(card.stream, 0));
    CHECK_CODE(401, cuStreamBeginCapture_v2(card.stream, 0));
    CHECK_CODE(0, cuLaunchKernel(card.function("doubled"), 1, 1, 1, 32, 1, 1, 0, card.stream, parameters, nullptr));
    n = 0;  // was copied at the capture
    CHECK_CODE(0, cuLaunchKernel(card.function("doubled"), 1, 1, 1, 32, 1, 1, 0, card.stream, parameters, nullptr));
    CHECK_CODE(0, cuStreamEndCapture(card.stream, &graph));
    CHECK(standin_count("kernels") == kernels);
    CHECK(card.download<float>(y, 3) == std::vector<float>(3, 0));
    CHECK_CODE(0, cuGraphInstantiateWithFlags(&instance, graph, 0));
    CHECK_CODE(0, cuGraphDestroy(graph));
    CHECK_CODE(400, cuGraphDestroy(graph));
    CHECK_CODE(0, cuGraphLaunch(instance, card.stream));
    CHECK_CODE(0, cuStreamSynchronize(card.stream));
    CHECK(standin_count("kernels") == kernels + 2);
    CHECK(card.download<float>(y, 3) == (std::vector<float>{2, 4, 6}));
    CHECK_CODE(0, cuGraphExecDestroy(instance));
    CHECK_CODE(400, cuGraphLaunch(instance, card.stream));
}

// What breaks a capture: the call fails, and the capture ends without a graph.
template <class Break>
void test_broken_capture(int mode, int code, Break breaks)
{
    Card card;
    uint64 y = card.room(64);
    void* graph = nullptr;
    CHECK_CODE(0, cuStreamBeginCapture_v2(card.stream, mode));
    CHECK_CODE(code, breaks(card, y));
    CHECK_CODE(code == 0 ? 0 : 901, cuMemsetD8Async(y, 0, 64, card.stream));
    CHECK_CODE(code == 0 ? 0 : 901, cuStreamEndCapture(card.stream, &graph));
    CHECK((graph != nullptr) == (code == 0));
    CHECK_CODE(401, cuStreamEndCapture(card.stream, &graph));
}

void test_broken_captures()
{
    auto synchronize = [](Card& card, uint64) { return cuStreamSynchronize(card.stream); };
    auto allocate = [](Card&, uint64) {
        uint64 address;
        return cuMemAlloc_v2(&address, 16);
    };
    auto allocate_elsewhere = [&](Card& card, uint64 y) {
        int code = 0;
        std::thread([&] { code = cuCtxSetCurrent(card.context) + allocate(card, y); }).join();
        return code;
    };
    auto pageable = [](Card& card, uint64 y) { return cuMemcpyHtoDAsync_v2(y, &y, 8, card.stream); };
    auto free = [](Card&, uint64 y) { return cuMemFree_v2(y); };
    test_broken_capture(0, 900, synchronize);
    test_broken_capture(2, 900, synchronize);
    test_broken_capture(0, 900, allocate);
    test_broken_capture(0, 900, allocate_elsewhere);
    test_broken_capture(1, 900, allocate);
    test_broken_capture(1, 0, allocate_elsewhere);
    test_broken_capture(2, 0, allocate);
    test_broken_capture(0, 900, pageable);
    test_broken_capture(0, 900, free);
}

void test_capture_of_freed_memory()
{
    Card card;
    uint64 y = card.room(64);
    void *graph = nullptr, *instance = nullptr;
    CHECK_CODE(0, cuStreamBeginCapture_v2(card.stream, 0));
    CHECK_CODE(0, cuMemsetD8Async(y, 0, 64, card.stream));
    CHECK_CODE(0, cuStreamEndCapture(card.stream, &graph));
    CHECK_CODE(0, cuGraphInstantiateWithFlags(&instance, graph, 0));
    CHECK_CODE(0, cuMemFree_v2(y));
    int code = cuGraphLaunch(instance, card.stream);
    CHECK_CODE(700, code == 0 ? cuStreamSynchronize(card.stream) : code);
}

void test_pinned_copy_is_read_when_it_runs()
{
    Card card;
    uint64 y = card.room(4);
    void* pinned = nullptr;
    CHECK_CODE(0, cuMemHostAlloc(&pinned, 4, 0));
    *(int*)pinned = 1;
    CHECK_CODE(0, cuMemcpyHtoDAsync_v2(y, pinned, 4, card.stream));
    *(int*)pinned = 2;
    // Overwritten too early: seen where work waits for its stream.
    bool deferred = getenv("CUDA_ON_CPU_DEFER") != nullptr;
    CHECK(card.download<int>(y, 1)[0] == (deferred ? 2 : 1));
    CHECK_CODE(0, cuMemFreeHost(pinned));
}

void test_sources()
{
    Card card;
    void* module = nullptr;
    std::string source = kernels_source();
    CHECK_CODE(200, cuModuleLoadData(&module, "\177ELF"));
    CHECK_CODE(300, cuModuleLoadData(&module, compile((source + " ").c_str(), "sm_80", 0, "").data()));
    CHECK_CODE(209, cuModuleLoadData(&module, compile(source.c_str(), "sm_90", 0, "").data()));
    compile(source.c_str(), "sm_1", 5, "invalid value for --gpu-architecture");
    compile((source + "\n#error no good\n").c_str(), "sm_80", 6, "no good");
    compile((source + "\n#include \"other.cuh\"\n").c_str(), "sm_80", 6, "cannot open source file \"other.cuh\"");
}

}

void test_driver()
{
    test_order_of_calls();
    test_memory();
    test_lines();
    test_launches();
    test_capture();
    test_broken_captures();
    test_capture_of_freed_memory();
    test_pinned_copy_is_read_when_it_runs();
    test_sources();
}
