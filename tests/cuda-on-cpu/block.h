// A block of threads on one OS thread: every CUDA thread is a fiber, and gives way only where it waits for others.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "grid.h"

namespace standin {

// Order among threads that are free to run. Seeded by the block's place in the run, so that a failure repeats.
class Shuffler {
public:
    void seed(uint64 value) { state_ = value; }
    unsigned below(unsigned bound) { return (unsigned)((next() >> 32) * bound >> 32); }
    bool coin() { return next() >> 63; }

private:
    uint64 next() { return (state_ = state_ * 6364136223846793005ull + 1442695040888963407ull) * 0x9E3779B97F4A7C15ull; }
    uint64 state_ = 1;
};

struct Fiber {
    char* stack;
    void* registers;  // the stack pointer under which they are saved
};

struct AsyncCopy {
    void* shared;
    const void* global;
    bool valid;
    int group;
};

enum class Wait { None, Block, Warp };

struct Thread {
    Dim index;
    unsigned number;
    Fiber* fiber;  // null before it starts
    Wait wait;
    Site site;
    std::vector<AsyncCopy> copies;
    int copy_groups;
};

// What all lanes of a warp do together, once the last has come: each lane gave an argument.
using Collective = void (*)(void* const* arguments, unsigned lanes);

struct Warp {
    unsigned lanes, arrived;
    Collective collective;
    Site site;
    void* arguments[32];
};

class Block {
public:
    static constexpr unsigned most_threads = 1024, most_shared = 227 * 1024;

    Block();
    void begin_grid(const Launch& launch);
    // Runs one block of the grid to its end; false where it failed.
    bool run(Dim index, uint64 seed);

    // Called by the fibers.
    void sync_threads(Site site);
    void sync_warp(Collective collective, void* argument, unsigned mask, Site site);
    // Ends the block; what is on the fibers' stacks is not destroyed.
    [[noreturn]] void fail(int code, const std::string& message);
    Thread& current() { return *current_; }
    bool coin() { return shuffler_.coin(); }
    void* shared() { return shared_; }
    [[noreturn]] void fiber_main();

    const Failure& failure() const { return failure_; }
    // The OS thread that runs fibers of this block now, or 0: a signal handler asks.
    std::atomic<int> os_thread{0};
    // What the signal handler saw of a fault, and the stack to report it from: the faulting one may be used up.
    int fault_signal = 0, fault_code = 0;
    void* fault_address = nullptr;
    void* fault_stack() const { return current_->fiber->stack; }
    [[noreturn]] void fail_by_fault();

private:
    void start_threads();
    void suspend();
    void resume(void** save);
    void ready(unsigned first, unsigned count);
    Fiber* idle_fiber();
    void prepare(Fiber* fiber);
    std::string stuck() const;
    std::string name(const Thread& thread) const;

    Launch launch_{};
    Failure failure_;
    Shuffler shuffler_;
    std::vector<Thread> threads_;
    std::vector<Warp> warps_;
    std::vector<std::unique_ptr<Fiber>> fibers_;
    std::vector<Fiber*> idle_;
    std::vector<Thread*> ready_;  // a stack: a warp that met goes on before others start
    Thread* current_ = nullptr;
    unsigned count_ = 0, ended_ = 0, arrived_ = 0;
    Site site_{};
    void* host_registers_ = nullptr;
    char* shared_end_;
    char* shared_ = nullptr;
};

// The block that the calling OS thread runs.
extern STANDIN_HIDDEN __thread Block* block;

// Turns a fault of a kernel into a failed launch; faults of others go to the handler that was there before.
void catch_faults(Block* blocks, int count);

}
