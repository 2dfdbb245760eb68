// What the stand-ins of NVIDIA's libraries that work on a stream take from the driver's.
#pragma once

#include <functional>
#include <vector>

#include "grid.h"

namespace standin {

// What a stream does when its turn comes; captured streams and graphs keep them.
using Operation = std::function<Failure()>;

// Memory that an operation reads or writes.
struct Piece {
    const void* start;
    size_t bytes;
};

}

extern "C" {

// 0 where the calling thread has a context.
__attribute__((visibility("default"))) int standin_enter();

// Counts `what`, and `what`_run when it is done. All pieces must lie in memory of the stream's card, at the call and when it is done.
__attribute__((visibility("default"))) int standin_enqueue(
    void* stream, const char* what, const std::vector<standin::Piece>& pieces, const standin::Operation& operation);

// Keeps the message for standin_message.
__attribute__((visibility("default"))) void standin_explain(const char* message);

}
