// The kernels' text as NVRTC gets it, within the library.
#include "driver.h"
#include "source_hash.h"

asm(R"(
    .section .rodata
standin_source:
    .incbin )" "\"" SOURCE "\"" R"(
standin_source_end:
    .byte 0
    .text
)");

extern "C" STANDIN_HIDDEN const char standin_source[], standin_source_end[];

namespace standin {

uint64 source_hash()
{
    static const uint64 hash = hash_source(standin_source, standin_source_end - standin_source);
    return hash;
}

}
