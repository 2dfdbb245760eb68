// The driver's functions as C# declares them, checks, and a card for tests.
#pragma once

#include <cstdio>
#include <cstring>
#include <vector>

using uint64 = unsigned long long;
using uint32 = unsigned int;

extern "C" {
int cuInit(unsigned);
int cuDeviceGetCount(int*);
int cuDeviceGet(int*, int);
int cuDeviceGetName(char*, int, int);
int cuDeviceGetAttribute(int*, int, int);
int cuDeviceTotalMem_v2(size_t*, int);
int cuDevicePrimaryCtxRetain(void**, int);
int cuDevicePrimaryCtxRelease_v2(int);
int cuCtxSetCurrent(void*);
int cuMemGetInfo_v2(size_t*, size_t*);
int cuMemAlloc_v2(uint64*, size_t);
int cuMemFree_v2(uint64);
int cuMemHostAlloc(void**, size_t, unsigned);
int cuMemFreeHost(void*);
int cuMemcpyHtoDAsync_v2(uint64, const void*, size_t, void*);
int cuMemcpyDtoHAsync_v2(void*, uint64, size_t, void*);
int cuMemcpy2DAsync_v2(const void*, void*);
int cuMemsetD8Async(uint64, unsigned char, size_t, void*);
int cuStreamCreate(void**, unsigned);
int cuStreamDestroy_v2(void*);
int cuStreamSynchronize(void*);
int cuStreamBeginCapture_v2(void*, int);
int cuStreamEndCapture(void*, void**);
int cuGraphInstantiateWithFlags(void**, void*, unsigned long long);
int cuGraphLaunch(void*, void*);
int cuGraphExecDestroy(void*);
int cuGraphDestroy(void*);
int cuModuleLoadData(void**, const void*);
int cuModuleUnload(void*);
int cuModuleGetFunction(void**, void*, const char*);
int cuFuncSetAttribute(void*, int, int);
int cuLaunchKernel(void*, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void*, void**, void**);
int cuGetErrorName(int, const char**);
long long standin_count(const char*);
const char* standin_message();
int nvrtcCreateProgram(void**, const char*, const char*, int, const char* const*, const char* const*);
int nvrtcCompileProgram(void*, int, const char* const*);
int nvrtcGetProgramLogSize(void*, size_t*);
int nvrtcGetProgramLog(void*, char*);
int nvrtcGetCUBINSize(void*, size_t*);
int nvrtcGetCUBIN(void*, char*);
int nvrtcDestroyProgram(void**);
}

extern int failures;

// Goes on after a failure, so that one run shows all.
#define CHECK(condition)                                                         \
    do {                                                                         \
        if (!(condition)) {                                                      \
            failures++;                                                          \
            printf("%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
        }                                                                        \
    } while (0)

#define CHECK_CODE(expected, call)                                                                                         \
    do {                                                                                                                   \
        int given = (call);                                                                                                \
        if (given != (expected)) {                                                                                         \
            failures++;                                                                                                    \
            printf("%s:%d: %s gives %d and not %d (%s)\n", __FILE__, __LINE__, #call, given, expected, standin_message()); \
        }                                                                                                                  \
    } while (0)

// The sources that NVRTC is given, and the cubin that it makes of them.
std::vector<char> compile(const char* source, const char* architecture, int expected, const char* logged);
const char* kernels_source();

// Device 0 with its context current, the module loaded and a stream; all gone with it.
class Card {
public:
    Card()
    {
        CHECK_CODE(0, cuDevicePrimaryCtxRetain(&context, 0));
        CHECK_CODE(0, cuCtxSetCurrent(context));
        CHECK_CODE(0, cuModuleLoadData(&module, compile(kernels_source(), "sm_80", 0, "").data()));
        CHECK_CODE(0, cuStreamCreate(&stream, 1));
    }
    ~Card() { CHECK_CODE(0, cuDevicePrimaryCtxRelease_v2(0)); }

    void* function(const char* name)
    {
        void* function = nullptr;
        CHECK_CODE(0, cuModuleGetFunction(&function, module, name));
        return function;
    }

    template <class... A>
    int launch(const char* name, unsigned grid, unsigned block, unsigned shared, A... arguments)
    {
        void* addresses[] = {&arguments..., nullptr};
        return cuLaunchKernel(function(name), grid, 1, 1, block, 1, 1, shared, stream, addresses, nullptr);
    }

    // A launch and its end: a kernel's failure may be told by either.
    template <class... A>
    int run(const char* name, unsigned grid, unsigned block, unsigned shared, A... arguments)
    {
        int code = launch(name, grid, block, shared, arguments...);
        return code != 0 ? code : cuStreamSynchronize(stream);
    }

    template <class T>
    uint64 upload(const std::vector<T>& values)
    {
        uint64 address = room(values.size() * sizeof(T));
        CHECK_CODE(0, cuMemcpyHtoDAsync_v2(address, values.data(), values.size() * sizeof(T), stream));
        return address;
    }

    template <class T>
    std::vector<T> download(uint64 address, size_t count)
    {
        std::vector<T> values(count);
        CHECK_CODE(0, cuMemcpyDtoHAsync_v2(values.data(), address, count * sizeof(T), stream));
        CHECK_CODE(0, cuStreamSynchronize(stream));
        return values;
    }

    uint64 room(size_t bytes)
    {
        uint64 address = 0;
        CHECK_CODE(0, cuMemAlloc_v2(&address, bytes));
        return address;
    }

    void *context = nullptr, *module = nullptr, *stream = nullptr;
};
