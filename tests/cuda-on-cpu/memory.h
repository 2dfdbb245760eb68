#pragma once

#include "driver.h"

namespace standin {

// Ends at a guard page but for the slack that the alignment of the start leaves; filled with 0xFF, a NaN of every type.
struct Allocation {
    Device* device;  // null: pinned memory of the host
    char* start;
    size_t bytes;
    char* mapped;
    size_t mapped_bytes;  // without the guard pages
};

// The live allocation that an address lies in, or null.
const Allocation* containing(const void* address);

}
