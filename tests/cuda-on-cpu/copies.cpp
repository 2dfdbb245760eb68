// Copies between the cards and the host, and fills.
#include "memory.h"

namespace standin {

namespace {

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

}

}

using namespace standin;

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
