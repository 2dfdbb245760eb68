#include "block.h"

#include <sys/mman.h>
#include <unistd.h>

#include <map>
#include <tuple>

// Saves the registers that a call preserves, leaves the stack pointer in *save and goes on where `load` was saved.
// swapcontext would do the same with a system call to save the signal mask.
extern "C" STANDIN_HIDDEN void standin_switch(void** save, void* load);
asm(R"(
    .text
    .type standin_switch, @function
    .hidden standin_switch
    .globl standin_switch
standin_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size standin_switch, . - standin_switch
)");

namespace standin {

__thread const Dim* thread_index;
__thread Dim block_index, block_size, grid_size;
__thread Block* block;

namespace {

constexpr size_t stack_bytes = 64 * 1024, page = 4096;

char* map_with_guards(size_t bytes)
{
    void* memory = mmap(nullptr, bytes + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED || mprotect(static_cast<char*>(memory) + page, bytes, PROT_READ | PROT_WRITE) != 0) {
        perror("cuda-on-cpu: mmap");
        abort();
    }
    return static_cast<char*>(memory) + page;
}

void fiber_entry()
{
    block->fiber_main();
}

std::string text(Dim d)
{
    return "(" + std::to_string(d.x) + ", " + std::to_string(d.y) + ", " + std::to_string(d.z) + ")";
}

std::string text(Site site)
{
    return std::string(site.file) + ":" + std::to_string(site.line);
}

bool same(Site a, Site b)
{
    return a.line == b.line && a.file == b.file;
}

}

Block::Block()
{
    constexpr size_t bytes = (most_shared + page - 1) / page * page;
    shared_end_ = map_with_guards(bytes) + bytes;
}

void Block::begin_grid(const Launch& launch)
{
    launch_ = launch;
    failure_ = {};
    count_ = launch.block.x * launch.block.y * launch.block.z;
    threads_.resize(most_threads);
    warps_.assign((count_ + 31) / 32, {});
    // Right before the guard page, so that an access past the end faults.
    shared_ = shared_end_ - (launch.shared_bytes + 15) / 16 * 16;
    // Another OS thread may have run them last, and a suspended fiber keeps addresses of that thread's variables.
    idle_.clear();
    for (auto& fiber : fibers_) {
        prepare(fiber.get());
        idle_.push_back(fiber.get());
    }
}

void Block::prepare(Fiber* fiber)
{
    void** top = reinterpret_cast<void**>(fiber->stack);
    *--top = nullptr;  // the return address of fiber_entry, which never returns
    *--top = reinterpret_cast<void*>(&fiber_entry);
    fiber->registers = top - 6;
}

Fiber* Block::idle_fiber()
{
    if (idle_.empty()) {
        // Stacks start at different lines of a page: at the same one they would fight for one set of the cache.
        size_t colour = fibers_.size() * 832 % page;
        fibers_.push_back(std::make_unique<Fiber>(Fiber{map_with_guards(stack_bytes) + stack_bytes - colour, nullptr}));
        prepare(fibers_.back().get());
        idle_.push_back(fibers_.back().get());
    }
    Fiber* fiber = idle_.back();
    idle_.pop_back();
    return fiber;
}

void Block::start_threads()
{
    Dim size = launch_.block;
    for (unsigned i = 0; i < count_; i++) {
        Thread& thread = threads_[i];
        thread.index = {i % size.x, i / size.x % size.y, i / (size.x * size.y)};
        thread.number = i;
        thread.fiber = nullptr;
        thread.wait = Wait::None;
        thread.copies.clear();
        thread.copy_groups = 0;
    }
    for (unsigned w = 0; w < warps_.size(); w++) {
        warps_[w].lanes = count_ - w * 32 < 32 ? count_ - w * 32 : 32;
        warps_[w].arrived = 0;
    }
}

bool Block::run(Dim index, uint64 seed)
{
    shuffler_.seed(seed);
    block = this;
    block_index = index;
    block_size = launch_.block;
    grid_size = launch_.grid;
    ended_ = arrived_ = 0;
    memset(shared_, 0xFF, shared_end_ - shared_);
    start_threads();
    ready_.clear();
    ready(0, count_);
    os_thread = gettid();
    resume(&host_registers_);
    os_thread = 0;
    if (failure_.code == 0 && ended_ < count_) {
        failure_ = {launch_failed, stuck()};
    }
    return failure_.code == 0;
}

// Makes the threads of a range ready, in an order that a correct kernel does not depend on.
void Block::ready(unsigned first, unsigned count)
{
    size_t base = ready_.size();
    ready_.resize(base + count);
    Thread** order = ready_.data() + base;
    for (unsigned i = 0; i < count; i++) {
        unsigned other = shuffler_.below(i + 1);
        order[i] = order[other];
        order[other] = &threads_[first + i];
        order[other]->wait = Wait::None;
    }
}

void Block::suspend()
{
    Thread* self = current_;
    if (ready_.empty()) {
        standin_switch(&self->fiber->registers, host_registers_);
    } else if (ready_.back() == self) {
        ready_.pop_back();
    } else {
        resume(&self->fiber->registers);
    }
}

// Goes on with the thread on top of the stack; the caller's registers are kept under *save.
void Block::resume(void** save)
{
    Thread* next = ready_.back();
    ready_.pop_back();
    if (next->fiber == nullptr) {
        next->fiber = idle_fiber();
    }
    current_ = next;
    thread_index = &next->index;
    standin_switch(save, next->fiber->registers);
}

// A fiber runs one thread after another: where threads do not wait, all of a block use one stack.
void Block::fiber_main()
{
    for (;;) {
        Fiber* fiber = current_->fiber;
        launch_.kernel->call(launch_.kernel->function, launch_.parameters);
        ended_++;
        if (ready_.empty()) {
            idle_.push_back(fiber);
            standin_switch(&fiber->registers, host_registers_);
        } else if (ready_.back()->fiber == nullptr) {
            current_ = ready_.back();
            ready_.pop_back();
            current_->fiber = fiber;
            thread_index = &current_->index;
        } else {
            idle_.push_back(fiber);
            resume(&fiber->registers);
        }
    }
}

void Block::sync_threads(Site site)
{
    if (arrived_ == 0) {
        site_ = site;
    } else if (!same(site_, site)) {
        fail(launch_failed, name(*current_) + " waits at the barrier of " + text(site) + ", others of its block at that of " + text(site_));
    }
    current_->wait = Wait::Block;
    current_->site = site;
    if (++arrived_ == count_) {
        arrived_ = 0;
        ready(0, count_);
    }
    suspend();
}

void Block::sync_warp(Collective collective, void* argument, unsigned mask, Site site)
{
    Warp& warp = warps_[current_->number / 32];
    if (mask != 0xFFFFFFFFu || warp.lanes != 32) {
        fail(launch_failed, name(*current_) + " is in a collective of less than 32 lanes at " + text(site));
    }
    if (warp.arrived == 0) {
        warp.collective = collective;
        warp.site = site;
    } else if (warp.collective != collective || !same(warp.site, site)) {
        fail(launch_failed, name(*current_) + " is at " + text(site) + ", other lanes of its warp at " + text(warp.site));
    }
    current_->wait = Wait::Warp;
    current_->site = site;
    warp.arguments[current_->number % 32] = argument;
    if (++warp.arrived == warp.lanes) {
        warp.arrived = 0;
        if (collective != nullptr) {
            collective(warp.arguments, warp.lanes);
        }
        ready(current_->number / 32 * 32, warp.lanes);
    }
    suspend();
}

void Block::fail(int code, const std::string& message)
{
    failure_ = {code, message};
    standin_switch(&current_->fiber->registers, host_registers_);
    abort();  // a failed block is not resumed
}

std::string Block::name(const Thread& thread) const
{
    return "thread " + text(thread.index) + " of block " + text(block_index);
}

// Nobody can run and not all have ended: says who waits where.
std::string Block::stuck() const
{
    std::map<std::tuple<Wait, std::string, int>, unsigned> places;
    for (unsigned i = 0; i < count_; i++) {
        const Thread& thread = threads_[i];
        if (thread.wait != Wait::None) {
            places[{thread.wait, thread.site.file, thread.site.line}]++;
        }
    }
    std::string said = "the threads of block " + text(block_index) + " do not meet: " + std::to_string(ended_) + " of "
        + std::to_string(count_) + " ended";
    for (auto& [place, threads] : places) {
        auto& [wait, file, line] = place;
        said += ", " + std::to_string(threads) + " wait at the " + (wait == Wait::Block ? "barrier" : "collective") + " of " + file + ":"
            + std::to_string(line);
    }
    return said;
}

}
