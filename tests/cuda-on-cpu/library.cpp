// The driver's side of library.h.
#include "library.h"

#include "memory.h"

using namespace standin;

namespace {

bool are_live(const Device& device, const std::vector<Piece>& pieces)
{
    for (const Piece& piece : pieces) {
        const Allocation* allocation = containing(piece.start);
        if (allocation == nullptr || allocation->device != &device
            || piece.bytes > size_t(allocation->start + allocation->bytes - static_cast<const char*>(piece.start))) {
            return false;
        }
    }
    return true;
}

}

int standin_enter()
{
    return with_device([](Device&) { return success; });
}

int standin_enqueue(void* handle, const char* what, const std::vector<Piece>& pieces, const Operation& operation)
{
    return with_device([&](Device& device) -> int {
        Stream* stream;
        if (int code = find_stream(device, handle, &stream)) {
            return code;
        }
        if (!are_live(device, pieces)) {
            return say(invalid_value, std::string(what) + " reach outside every live allocation");
        }
        count(what);
        return enqueue(*stream, [&device, name = std::string(what), pieces, operation] {
            if (!are_live(device, pieces)) {
                return Failure{illegal_address, name + " reach memory that was freed since they were captured"};
            }
            count((name + "_run").c_str());
            return operation();
        });
    });
}

void standin_explain(const char* message)
{
    std::lock_guard lock(driver_mutex);
    say(success, message);
}
