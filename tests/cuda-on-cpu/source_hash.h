// The cubin of the stand-in's NVRTC: a line that names the architecture and the source's hash, and ends with a zero.
#pragma once

#include <cstddef>

constexpr char cubin_format[] = "cuda-on-cpu cubin sm_%d of source %016llx\n";

// FNV-1a.
inline unsigned long long hash_source(const char* text, size_t length)
{
    unsigned long long hash = 0xCBF29CE484222325ull;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ (unsigned char)text[i]) * 0x100000001B3ull;
    }
    return hash;
}
