// Devices, contexts, errors and counters.
#include "driver.h"

#include <pthread.h>

#include <algorithm>
#include <cstdlib>

namespace standin {

std::mutex driver_mutex;
std::vector<Device> devices;
Registry<Stream> streams;
Registry<Graph> graphs, graph_instances;
Registry<Module> modules;
Registry<Function> functions;

namespace {

std::map<std::string, long long> counts;
std::string message;
// Not thread_local: the kernels' shared memory is, and a thread that only asks for a context would get a copy of all of it.
pthread_key_t current_key;

const char* const counted[] = {
    "launches", "kernels", "products", "products_run", "graph_launches", "captured", "allocations", "frees", "host_allocations", "host_frees", "copies", "copied_bytes", "memsets", "synchronizations",
    "modules", "live_bytes", "peak_bytes", "live_host_bytes", "peak_host_bytes", "overruns",
};

struct Error {
    int code;
    const char* name;
    const char* text;
};

const Error errors[] = {
    {success, "CUDA_SUCCESS", "no error"},
    {invalid_value, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {out_of_memory, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {not_initialized, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {invalid_device, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {invalid_image, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {invalid_context, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {no_binary_for_gpu, "CUDA_ERROR_NO_BINARY_FOR_GPU", "no kernel image is available for execution on the device"},
    {invalid_source, "CUDA_ERROR_INVALID_SOURCE", "device kernel image is invalid"},
    {invalid_handle, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {illegal_state, "CUDA_ERROR_ILLEGAL_STATE", "the operation cannot be performed in the present state"},
    {not_found, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {illegal_address, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {context_is_destroyed, "CUDA_ERROR_CONTEXT_IS_DESTROYED", "context is destroyed"},
    {misaligned_address, "CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned address"},
    {launch_failed, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {capture_unsupported, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"},
    {capture_invalidated, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", "operation failed due to a previous error during capture"},
    {capture_implicit, "CUDA_ERROR_STREAM_CAPTURE_IMPLICIT", "operation would make the legacy stream depend on a capturing blocking stream"},
    {capture_wrong_thread, "CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD", "attempt to terminate a thread-local capture sequence from another thread"},
};

const Error* find_error(int code)
{
    for (const Error& error : errors) {
        if (error.code == code) {
            return &error;
        }
    }
    return nullptr;
}

// The checks of a call that names a device and needs no context.
template <class Body>
int with_ordinal(int ordinal, Body body)
{
    std::lock_guard lock(driver_mutex);
    if (!initialized()) {
        return say(not_initialized, "cuInit was not called");
    }
    if (ordinal < 0 || ordinal >= (int)devices.size()) {
        return say(invalid_device, "there is no device " + std::to_string(ordinal));
    }
    return body(devices[ordinal]);
}

}

uint64 environment(const char* name, uint64 otherwise)
{
    const char* text = getenv(name);
    return text == nullptr ? otherwise : strtoull(text, nullptr, 0);
}

int say(int code, const std::string& text)
{
    message = text;
    return code;
}

void count(const char* what, long long by)
{
    counts[what] += by;
}

void count_peak(const char* what, const char* peak)
{
    counts[peak] = std::max(counts[peak], counts[what]);
}

bool initialized()
{
    return !devices.empty();
}

int current_device(Device** device)
{
    if (!initialized()) {
        return say(not_initialized, "cuInit was not called");
    }
    *device = static_cast<Device*>(pthread_getspecific(current_key));
    if (*device == nullptr) {
        return say(invalid_context, "the calling thread has no current context");
    }
    if ((*device)->retains == 0) {
        return say(context_is_destroyed, "the calling thread's context was released");
    }
    return (*device)->fault;
}

}

using namespace standin;

API cuInit(unsigned flags)
{
    std::lock_guard lock(driver_mutex);
    if (flags != 0) {
        return say(invalid_value, "cuInit takes no flags");
    }
    if (!initialized()) {
        pthread_key_create(&current_key, nullptr);
        size_t total = environment("CUDA_ON_CPU_MEMORY", 2ull << 30);
        for (int i = 0; i < 2; i++) {
            devices.push_back({i, total, 0, 0, 0, {}});
        }
        for (Device& device : devices) {
            device.null_stream = {&device, false, Capture::None, 0, 0, {}, {}};
        }
    }
    return success;
}

API cuDriverGetVersion(int* version)
{
    *version = 12080;
    return success;
}

API cuDeviceGetCount(int* count)
{
    return with_ordinal(0, [&](Device&) { return *count = (int)devices.size(), success; });
}

API cuDeviceGet(int* device, int ordinal)
{
    return with_ordinal(ordinal, [&](Device&) { return *device = ordinal, success; });
}

API cuDeviceGetName(char* name, int length, int ordinal)
{
    return with_ordinal(ordinal, [&](Device&) { return snprintf(name, length, "CPU stand-in %d", ordinal), success; });
}

API cuDeviceTotalMem_v2(size_t* bytes, int ordinal)
{
    return with_ordinal(ordinal, [&](Device& device) { return *bytes = device.total, success; });
}

API cuDeviceGetAttribute(int* value, int attribute, int ordinal)
{
    return with_ordinal(ordinal, [&](Device&) -> int {
        switch (attribute) {
            case 13: return *value = 1000000, success;                            // CLOCK_RATE, kHz
            case 16: return *value = 4, success;                                  // MULTIPROCESSOR_COUNT
            case 36: return *value = 1000000, success;                            // MEMORY_CLOCK_RATE, kHz
            case 75: return *value = 8, success;                                  // COMPUTE_CAPABILITY_MAJOR
            case 76: return *value = 0, success;                                  // COMPUTE_CAPABILITY_MINOR
            case 97: return *value = (int)most_shared_with_attribute(), success;  // MAX_SHARED_MEMORY_PER_BLOCK_OPTIN
            default: return say(invalid_value, "the stand-in has no attribute " + std::to_string(attribute));
        }
    });
}

API cuDevicePrimaryCtxRetain(void** context, int ordinal)
{
    return with_ordinal(ordinal, [&](Device& device) { return device.retains++, *context = &device, success; });
}

API cuDevicePrimaryCtxRelease_v2(int ordinal)
{
    return with_ordinal(ordinal, [&](Device& device) -> int {
        if (device.retains == 0) {
            return say(invalid_context, "the context is not retained");
        }
        if (--device.retains == 0) {
            auto own = [&](auto& object) { return object.device == &device; };
            destroy_streams(device);
            graphs.remove_where(own);
            graph_instances.remove_where(own);
            functions.remove_where(own);
            modules.remove_where(own);
            destroy_memory(device);
            device.fault = success;
        }
        return success;
    });
}

API cuCtxSetCurrent(void* context)
{
    std::lock_guard lock(driver_mutex);
    if (!initialized()) {
        return say(not_initialized, "cuInit was not called");
    }
    for (Device& device : devices) {
        if (context == &device && device.retains == 0) {
            return say(context_is_destroyed, "the context was released");
        }
    }
    if (context != nullptr && context != &devices[0] && context != &devices[1]) {
        return say(invalid_context, "this is no context");
    }
    pthread_setspecific(current_key, context);
    return success;
}

API cuGetErrorName(int code, const char** name)
{
    const Error* error = find_error(code);
    *name = error == nullptr ? nullptr : error->name;
    return error == nullptr ? invalid_value : success;
}

API cuGetErrorString(int code, const char** text)
{
    const Error* error = find_error(code);
    *text = error == nullptr ? nullptr : error->text;
    return error == nullptr ? invalid_value : success;
}

// For tests: what was called how often; -1 for a name that is not counted.
extern "C" __attribute__((visibility("default"))) long long standin_count(const char* what)
{
    std::lock_guard lock(driver_mutex);
    for (const char* name : counted) {
        if (strcmp(name, what) == 0) {
            return counts[what];
        }
    }
    return -1;
}

// Why the last call that failed did, on any thread. What was given out stays valid.
extern "C" __attribute__((visibility("default"))) const char* standin_message()
{
    static std::set<std::string> given;
    std::lock_guard lock(driver_mutex);
    return given.insert(message).first->c_str();
}
