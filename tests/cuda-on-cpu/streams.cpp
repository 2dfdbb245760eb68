// Streams, their capture, and graphs.
#include <unistd.h>

#include "driver.h"

namespace standin {

namespace {

constexpr int mode_global = 0, mode_thread = 1, mode_relaxed = 2;

// Off: work is done at the call. On: only when it is waited for, which shows a host that reads or overwrites too early.
bool deferred()
{
    static const bool on = environment("CUDA_ON_CPU_DEFER", 0) != 0;
    return on;
}

int perform(Device& device, const Operation& operation)
{
    if (device.fault != success) {
        return device.fault;
    }
    Failure failure = operation();
    device.fault = failure.code;
    return failure.code == success ? success : say(failure.code, failure.message);
}

}

int find_stream(Device& device, void* handle, Stream** stream)
{
    if (handle == nullptr) {
        *stream = &device.null_stream;
        return success;
    }
    *stream = static_cast<Stream*>(handle);
    if (!streams.has(*stream) || (*stream)->device != &device) {
        return say(invalid_handle, "this is no stream of the current context");
    }
    return success;
}

// The null stream waits for all blocking streams and they for it: it may not while one of them captures.
static int join_null_stream(Stream& stream)
{
    if (&stream != &stream.device->null_stream) {
        return stream.waits_for_null ? finish(stream.device->null_stream) : success;
    }
    int code = success;
    streams.each([&](Stream& other) {
        if (other.device == stream.device && other.waits_for_null && code == success) {
            if (other.capture == Capture::Active) {
                other.capture = Capture::Invalidated;
                code = say(capture_implicit, "the null stream is used while a blocking stream captures");
            } else {
                code = finish(other);
            }
        }
    });
    return code;
}

int enqueue(Stream& stream, Operation operation)
{
    if (stream.capture == Capture::Invalidated) {
        return say(capture_invalidated, "the stream's capture was invalidated");
    }
    if (stream.capture == Capture::Active) {
        count("captured");
        stream.recorded.push_back(std::move(operation));
        return success;
    }
    if (int code = join_null_stream(stream)) {
        return code;
    }
    if (deferred()) {
        stream.pending.push_back(std::move(operation));
        return success;
    }
    return perform(*stream.device, operation);
}

int finish(Stream& stream)
{
    std::vector<Operation> pending;
    pending.swap(stream.pending);
    for (const Operation& operation : pending) {
        perform(*stream.device, operation);
    }
    return stream.device->fault;
}

int finish_all(Device& device)
{
    finish(device.null_stream);
    streams.each([&](Stream& stream) {
        if (stream.device == &device) {
            finish(stream);
        }
    });
    return device.fault;
}

int refuse_in_capture(const char* what)
{
    int code = success;
    streams.each([&](Stream& stream) {
        bool own = stream.capture_thread == gettid();
        if (stream.capture == Capture::Active
            && (stream.capture_mode == mode_global || (stream.capture_mode == mode_thread && own))) {
            stream.capture = Capture::Invalidated;
            code = say(capture_unsupported, std::string(what) + " while a stream captures");
        }
    });
    return code;
}

void destroy_streams(Device& device)
{
    streams.remove_where([&](Stream& stream) { return stream.device == &device; });
    device.null_stream.pending.clear();
}

}

using namespace standin;

// Runs the body with a stream that cuStreamCreate made.
template <class Body>
static int with_stream(void* handle, Body body)
{
    return with_device([&](Device& device) -> int {
        Stream* stream;
        int code = find_stream(device, handle, &stream);
        return code != success ? code : body(device, *stream);
    });
}

API cuStreamCreate(void** handle, unsigned flags)
{
    return with_device([&](Device& device) -> int {
        if (flags > 1) {
            return say(invalid_value, "flags that no stream has");
        }
        *handle = streams.add({&device, flags == 0, Capture::None, 0, 0, {}, {}});
        return success;
    });
}

API cuStreamDestroy_v2(void* handle)
{
    return with_stream(handle, [&](Device& device, Stream& stream) -> int {
        if (&stream == &device.null_stream) {
            return say(invalid_handle, "the null stream cannot be destroyed");
        }
        int code = finish(stream);
        streams.remove(&stream);
        return code;
    });
}

API cuStreamSynchronize(void* handle)
{
    return with_stream(handle, [&](Device&, Stream& stream) -> int {
        if (stream.capture != Capture::None) {
            bool first = stream.capture == Capture::Active;
            stream.capture = Capture::Invalidated;
            return first ? say(capture_unsupported, "cuStreamSynchronize of a stream that captures")
                         : say(capture_invalidated, "the stream's capture was invalidated");
        }
        count("synchronizations");
        int code = join_null_stream(stream);
        return code != success ? code : finish(stream);
    });
}

API cuStreamBeginCapture_v2(void* handle, int mode)
{
    return with_stream(handle, [&](Device& device, Stream& stream) -> int {
        if (mode < mode_global || mode > mode_relaxed) {
            return say(invalid_value, "this is no mode of capture");
        }
        if (&stream == &device.null_stream) {
            return say(capture_unsupported, "the null stream cannot capture");
        }
        if (stream.capture != Capture::None) {
            return say(illegal_state, "the stream captures already");
        }
        stream.capture = Capture::Active;
        stream.capture_mode = mode;
        stream.capture_thread = gettid();
        stream.recorded.clear();
        return success;
    });
}

API cuStreamEndCapture(void* handle, void** graph)
{
    return with_stream(handle, [&](Device& device, Stream& stream) -> int {
        *graph = nullptr;
        if (stream.capture == Capture::None) {
            return say(illegal_state, "the stream does not capture");
        }
        if (stream.capture_mode != mode_relaxed && stream.capture_thread != gettid()) {
            return say(capture_wrong_thread, "the capture was begun on another thread");
        }
        bool valid = stream.capture == Capture::Active;
        stream.capture = Capture::None;
        if (!valid) {
            return say(capture_invalidated, "the stream's capture was invalidated");
        }
        *graph = graphs.add({&device, std::move(stream.recorded)});
        return success;
    });
}

API cuGraphInstantiateWithFlags(void** instance, Graph* graph, unsigned long long flags)
{
    return with_device([&](Device& device) -> int {
        if (!graphs.has(graph) || flags != 0) {
            return say(graphs.has(graph) ? invalid_value : invalid_handle, "this is no graph, or there are flags");
        }
        *instance = graph_instances.add({&device, graph->operations});
        return success;
    });
}

API cuGraphLaunch(Graph* instance, void* handle)
{
    return with_stream(handle, [&](Device& device, Stream& stream) -> int {
        if (!graph_instances.has(instance) || instance->device != &device) {
            return say(invalid_handle, "this is no instance of a graph of the current context");
        }
        count("graph_launches");
        // A copy: the instance may be destroyed before its work is done.
        for (const Operation& operation : std::vector<Operation>(instance->operations)) {
            if (int code = enqueue(stream, operation)) {
                return code;
            }
        }
        return success;
    });
}

API cuGraphExecDestroy(Graph* instance)
{
    return with_device([&](Device&) -> int {
        return graph_instances.remove(instance) ? success : say(invalid_handle, "this is no instance of a graph");
    });
}

API cuGraphDestroy(Graph* graph)
{
    return with_device([&](Device&) -> int { return graphs.remove(graph) ? success : say(invalid_handle, "this is no graph"); });
}
