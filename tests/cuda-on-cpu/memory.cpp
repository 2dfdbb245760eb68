// Memory of the cards and pinned memory of the host, and what copies between them.
#include <sys/mman.h>

#include <cstdlib>

#include "driver.h"

namespace standin {

namespace {

constexpr size_t page = 4096, alignment = 256;

// Ends at a guard page but for the slack that the alignment of the start leaves; filled with 0xFF, a NaN of every type.
struct Allocation {
    Device* device;  // null: pinned memory of the host
    char* start;
    size_t bytes;
    char* mapped;
    size_t mapped_bytes;  // without the guard pages
};

std::map<char*, Allocation> allocations;

size_t round_up(size_t bytes, size_t to)
{
    return (bytes + to - 1) / to * to;
}

bool allocate(Device* device, size_t bytes, char** start)
{
    size_t mapped_bytes = round_up(bytes, page);
    void* memory = mmap(nullptr, mapped_bytes + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        return false;
    }
    char* mapped = static_cast<char*>(memory) + page;
    if (mprotect(mapped, mapped_bytes, PROT_READ | PROT_WRITE) != 0) {
        munmap(memory, mapped_bytes + 2 * page);
        return false;
    }
    memset(mapped, 0xFF, mapped_bytes);
    *start = mapped + mapped_bytes - round_up(bytes, alignment);
    allocations[*start] = {device, *start, bytes, mapped, mapped_bytes};
    return true;
}

bool untouched(const char* from, const char* to)
{
    for (; from < to; from++) {
        if (*from != (char)0xFF) {
            return false;
        }
    }
    return true;
}

// A write past the end that stayed within the slack did not fault: it is seen when the memory is freed.
void release(const Allocation& allocation)
{
    if (!untouched(allocation.mapped, allocation.start)
        || !untouched(allocation.start + allocation.bytes, allocation.mapped + allocation.mapped_bytes)) {
        count("overruns");
        say(success, "something was written just outside an allocation of " + std::to_string(allocation.bytes) + " bytes");
    }
    const char* live = allocation.device == nullptr ? "live_host_bytes" : "live_bytes";
    count(live, -(long long)allocation.bytes);
    if (allocation.device != nullptr) {
        allocation.device->used -= allocation.bytes;
    }
    munmap(allocation.mapped - page, allocation.mapped_bytes + 2 * page);
}

const Allocation* containing(const void* address)
{
    char* at = static_cast<char*>(const_cast<void*>(address));
    auto after = allocations.upper_bound(at);
    if (after == allocations.begin()) {
        return nullptr;
    }
    const Allocation& candidate = std::prev(after)->second;
    return at < candidate.start + candidate.bytes ? &candidate : nullptr;
}

// Lines of `width` bytes, `pitch` apart, in memory of the card or of the host.
struct Area {
    bool on_device;
    char* start;
    size_t pitch;
};

size_t extent(const Area& area, size_t width, size_t height)
{
    return (height - 1) * area.pitch + width;
}

bool within(const Area& area, size_t width, size_t height)
{
    const Allocation* allocation = containing(area.start);
    return allocation != nullptr && area.on_device == (allocation->device != nullptr)
        && extent(area, width, height) <= size_t(allocation->start + allocation->bytes - area.start);
}

// The card's side must lie in one allocation; so must the host's where it is pinned.
int check(const Area& area, size_t width, size_t height)
{
    const Allocation* allocation = containing(area.start);
    if (!area.on_device && allocation == nullptr) {
        return success;
    }
    return within(area, width, height) ? success : say(invalid_value, "a copy reaches outside every live allocation");
}

bool is_pageable(const Area& area)
{
    return !area.on_device && containing(area.start) == nullptr;
}

int copy(Stream& stream, Area to, Area from, size_t width, size_t height)
{
    if (width == 0 || height == 0) {
        return success;
    }
    int code = check(to, width, height);
    if (code == success) {
        code = check(from, width, height);
    }
    if (code != success) {
        return code;
    }
    bool to_pageable = is_pageable(to), from_pageable = is_pageable(from), pageable = to_pageable || from_pageable;
    if (pageable && stream.capture == Capture::Active) {
        stream.capture = Capture::Invalidated;
        return say(capture_unsupported, "a copy of pageable memory cannot be captured");
    }
    count("copies");
    count("copied_bytes", (long long)(width * height));
    code = enqueue(stream, [=] {
        // A graph may outlive the memory that its copies name.
        if ((!to_pageable && !within(to, width, height)) || (!from_pageable && !within(from, width, height))) {
            return Failure{illegal_address, "a copy reaches memory that was freed since it was captured"};
        }
        for (size_t y = 0; y < height; y++) {
            memcpy(to.start + y * to.pitch, from.start + y * from.pitch, width);
        }
        return Failure();
    });
    // Pageable memory is the caller's again when the call returns.
    return pageable && code == success ? finish(stream) : code;
}

// CUDA_MEMCPY2D_v2.
struct Side {
    size_t x, y;
    int type;  // CUmemorytype: 1 the host's, 2 the card's
    char* host;
    char* device;
    void* array;
    size_t pitch;
};

struct Memcpy2D {
    Side from, to;
    size_t width, height;
};

static_assert(sizeof(Memcpy2D) == 128, "the layout of CUDA_MEMCPY2D_v2");

int area(const Side& side, size_t width, Area* area)
{
    if (side.type != 1 && side.type != 2) {
        return say(invalid_value, "a memory type that is neither the host's nor the card's");
    }
    if (side.pitch < side.x + width || side.pitch > 0x7FFFFFFF) {
        return say(invalid_value, "a pitch that is less than a line or more than 2^31 - 1");
    }
    char* base = side.type == 1 ? side.host : side.device;
    *area = {side.type == 2, base + side.y * side.pitch + side.x, side.pitch};
    return success;
}

// Finds the stream and runs the body with it.
template <class Body>
int on_stream(void* handle, Body body)
{
    return with_device([&](Device& device) -> int {
        Stream* stream;
        int code = find_stream(device, handle, &stream);
        return code != success ? code : body(*stream);
    });
}

// Frees memory of a card, or pinned memory, after all work that may use it.
int free_memory(Device& device, char* start, bool pinned)
{
    auto found = allocations.find(start);
    if (found == allocations.end() || (found->second.device == nullptr) != pinned) {
        return say(invalid_value, "this address was not allocated, or was freed");
    }
    int code = finish_all(device);
    release(found->second);
    allocations.erase(found);
    count(pinned ? "host_frees" : "frees");
    return code;
}

}

void destroy_memory(Device& device)
{
    for (auto i = allocations.begin(); i != allocations.end();) {
        if (i->second.device == &device) {
            release(i->second);
            i = allocations.erase(i);
        } else {
            ++i;
        }
    }
}

}

using namespace standin;

API cuMemGetInfo_v2(size_t* free, size_t* total)
{
    return with_device([&](Device& device) { return *free = device.total - device.used, *total = device.total, success; });
}

API cuMemAlloc_v2(char** address, size_t bytes)
{
    return with_device([&](Device& device) -> int {
        if (int code = refuse_in_capture("cuMemAlloc")) {
            return code;
        }
        if (bytes == 0) {
            return say(invalid_value, "an allocation of no bytes");
        }
        if (bytes > device.total - device.used || !allocate(&device, bytes, address)) {
            return say(out_of_memory, std::to_string(bytes) + " bytes asked for, " + std::to_string(device.total - device.used) + " free");
        }
        device.used += bytes;
        count("allocations");
        count("live_bytes", (long long)bytes);
        count_peak("live_bytes", "peak_bytes");
        return success;
    });
}

API cuMemFree_v2(char* address)
{
    return with_device([&](Device& device) -> int {
        int code = refuse_in_capture("cuMemFree");
        return code != success ? code : free_memory(device, address, false);
    });
}

API cuMemHostAlloc(void** address, size_t bytes, unsigned)
{
    return with_device([&](Device&) -> int {
        if (int code = refuse_in_capture("cuMemHostAlloc")) {
            return code;
        }
        char* start;
        if (bytes == 0 || !allocate(nullptr, bytes, &start)) {
            return say(bytes == 0 ? invalid_value : out_of_memory, "pinned memory of " + std::to_string(bytes) + " bytes");
        }
        *address = start;
        count("host_allocations");
        count("live_host_bytes", (long long)bytes);
        count_peak("live_host_bytes", "peak_host_bytes");
        return success;
    });
}

API cuMemFreeHost(void* address)
{
    return with_device([&](Device& device) -> int {
        int code = refuse_in_capture("cuMemFreeHost");
        return code != success ? code : free_memory(device, static_cast<char*>(address), true);
    });
}

API cuMemcpyHtoDAsync_v2(char* to, const void* from, size_t bytes, void* handle)
{
    char* source = static_cast<char*>(const_cast<void*>(from));
    return on_stream(handle, [&](Stream& stream) { return copy(stream, {true, to, bytes}, {false, source, bytes}, bytes, 1); });
}

API cuMemcpyDtoHAsync_v2(void* to, char* from, size_t bytes, void* handle)
{
    return on_stream(handle, [&](Stream& stream) {
        return copy(stream, {false, static_cast<char*>(to), bytes}, {true, from, bytes}, bytes, 1);
    });
}

API cuMemcpy2DAsync_v2(const Memcpy2D* what, void* handle)
{
    return on_stream(handle, [&](Stream& stream) -> int {
        Area to, from;
        int code = area(what->to, what->width, &to);
        if (code == success) {
            code = area(what->from, what->width, &from);
        }
        return code != success ? code : copy(stream, to, from, what->width, what->height);
    });
}

API cuMemsetD8Async(char* to, unsigned char value, size_t bytes, void* handle)
{
    return on_stream(handle, [&](Stream& stream) -> int {
        int code = bytes == 0 ? success : check({true, to, bytes}, bytes, 1);
        if (code != success || bytes == 0) {
            return code;
        }
        count("memsets");
        return enqueue(stream, [=] {
            if (!within({true, to, bytes}, bytes, 1)) {
                return Failure{illegal_address, "a memset reaches memory that was freed since it was captured"};
            }
            memset(to, value, bytes);
            return Failure();
        });
    });
}
