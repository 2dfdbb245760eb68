// The state behind libcuda.so.1: devices, memory, streams, graphs and modules, and the checks that every call makes.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "library.h"

#define API extern "C" __attribute__((visibility("default"))) int

namespace standin {

// CUresult, as far as the stand-in returns it.
enum Result {
    success = 0,
    invalid_value = 1,
    out_of_memory = 2,
    not_initialized = 3,
    invalid_device = 101,
    invalid_image = 200,
    invalid_context = 201,
    no_binary_for_gpu = 209,
    invalid_source = 300,
    invalid_handle = 400,
    illegal_state = 401,
    not_found = 500,
    context_is_destroyed = 709,
    capture_unsupported = 900,
    capture_invalidated = 901,
    capture_implicit = 906,
    capture_wrong_thread = 908,
};

enum class Capture { None, Active, Invalidated };

struct Device;

struct Stream {
    Device* device;
    bool waits_for_null;
    Capture capture;
    int capture_mode;
    long capture_thread;
    std::vector<Operation> recorded, pending;
};

// A graph and an instance of it are the same here: nothing is prepared for a launch.
struct Graph {
    Device* device;
    std::vector<Operation> operations;
};

struct Module {
    Device* device;
};

struct Function {
    Device* device;
    Module* module;
    std::string name;
    const Kernel* kernel;
    unsigned most_shared;
};

struct Device {
    int ordinal;
    size_t total, used;
    int retains;
    // A kernel that failed takes the context with it: every later call returns its code.
    int fault;
    Stream null_stream;
};

// The live objects of one kind; a handle is an object's address.
template <class T>
class Registry {
public:
    T* add(T object)
    {
        auto owned = std::make_unique<T>(std::move(object));
        T* handle = owned.get();
        objects_.emplace(handle, std::move(owned));
        return handle;
    }
    bool has(T* handle) const { return objects_.count(handle) != 0; }
    bool remove(T* handle) { return objects_.erase(handle) != 0; }
    template <class Where>
    void remove_where(Where where)
    {
        for (auto i = objects_.begin(); i != objects_.end();) {
            i = where(*i->second) ? objects_.erase(i) : std::next(i);
        }
    }
    template <class Visit>
    void each(Visit visit)
    {
        for (auto& [handle, object] : objects_) {
            visit(*object);
        }
    }

private:
    std::map<T*, std::unique_ptr<T>> objects_;
};

// Made by the build: the kernels of the translation unit, and its text as NVRTC gets it.
const std::map<std::string, Kernel>& kernels();
uint64 source_hash();

constexpr unsigned most_shared_by_default = 48 * 1024;
unsigned most_shared_with_attribute();

extern std::mutex driver_mutex;
extern std::vector<Device> devices;
extern Registry<Stream> streams;
extern Registry<Graph> graphs, graph_instances;
extern Registry<Module> modules;
extern Registry<Function> functions;

// Keeps the message for standin_message and returns the code.
int say(int code, const std::string& message);
void count(const char* what, long long by = 1);
void count_peak(const char* what, const char* peak);
uint64 environment(const char* name, uint64 otherwise);

bool initialized();
// The calling thread's device, or the code that says why there is none.
int current_device(Device** device);

// Runs a call's body under the driver's lock, on the calling thread's device.
template <class Body>
int with_device(Body body)
{
    std::lock_guard lock(driver_mutex);
    Device* device;
    int code = current_device(&device);
    return code != success ? code : body(*device);
}

// Streams (streams.cpp).
int find_stream(Device& device, void* handle, Stream** stream);
// Records the operation where the stream captures, else does it; may be later where CUDA_ON_CPU_DEFER is set.
int enqueue(Stream& stream, Operation operation);
// Does what is left to do; returns the device's fault.
int finish(Stream& stream);
int finish_all(Device& device);
// The code for a call that no capture allows, which ends the captures that it breaks.
int refuse_in_capture(const char* what);
void destroy_streams(Device& device);

// Memory (memory.cpp).
void destroy_memory(Device& device);

}
