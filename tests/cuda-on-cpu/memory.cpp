// Memory of the cards and pinned memory of the host.
#include "memory.h"

#include <sys/mman.h>

namespace standin {

namespace {

constexpr size_t page = 4096, alignment = 256;

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
