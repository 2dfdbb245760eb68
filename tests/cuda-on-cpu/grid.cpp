#include "grid.h"

#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "block.h"

namespace standin {

namespace {

uint64 environment(const char* name, uint64 otherwise)
{
    const char* text = getenv(name);
    return text == nullptr ? otherwise : strtoull(text, nullptr, 0);
}

uint64 mix(uint64 x)
{
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9ull;
    x = (x ^ x >> 27) * 0x94D049BB133111EBull;
    return x ^ x >> 31;
}

// The grid that runs now, and the second OS thread that helps with it.
class Runner {
public:
    Runner() { catch_faults(blocks_, 2); }

    Failure run(const Launch& launch)
    {
        uint64 blocks = (uint64)launch.grid.x * launch.grid.y * launch.grid.z;
        launch_ = launch;
        next_ = 0;
        blocks_total_ = blocks;
        failed_ = false;
        launches_++;
        // Waking a thread costs as much as some thousand fibers.
        bool help = helped_ && blocks > 1 && blocks * launch.block.x * launch.block.y * launch.block.z >= 4096;
        if (help) {
            wake();
        }
        take_blocks(blocks_[0]);
        if (help) {
            std::unique_lock lock(mutex_);
            done_.wait(lock, [&] { return !work_; });
            if (blocks_[0].failure().code == 0) {
                return blocks_[1].failure();
            }
        }
        return blocks_[0].failure();
    }

private:
    void wake()
    {
        std::unique_lock lock(mutex_);
        if (!started_) {
            started_ = true;
            std::thread([this] { help(); }).detach();
        }
        work_ = true;
        wake_.notify_one();
    }

    void help()
    {
        for (std::unique_lock lock(mutex_);;) {
            wake_.wait(lock, [&] { return work_; });
            lock.unlock();
            take_blocks(blocks_[1]);
            lock.lock();
            work_ = false;
            done_.notify_one();
        }
    }

    void take_blocks(Block& block)
    {
        block.begin_grid(launch_);
        Dim grid = launch_.grid;
        for (uint64 i; !failed_ && (i = next_++) < blocks_total_;) {
            Dim index = {(unsigned)(i % grid.x), (unsigned)(i / grid.x % grid.y), (unsigned)(i / ((uint64)grid.x * grid.y))};
            if (!block.run(index, mix(seed_ + mix(launches_ + mix(i))))) {
                failed_ = true;
            }
        }
    }

    const uint64 seed_ = environment("CUDA_ON_CPU_SEED", 1);
    const bool helped_ = environment("CUDA_ON_CPU_THREADS", 2) > 1;
    Block blocks_[2];
    Launch launch_{};
    std::atomic<uint64> next_{0};
    std::atomic<bool> failed_{false};
    uint64 blocks_total_ = 0, launches_ = 0;
    std::mutex mutex_;
    std::condition_variable wake_, done_;
    bool started_ = false, work_ = false;
};

}

Failure run_grid(const Launch& launch)
{
    // Never destroyed: its helper may wait in it while the process ends.
    static Runner& runner = *new Runner();
    static std::mutex one_at_a_time;
    std::lock_guard lock(one_at_a_time);
    return runner.run(launch);
}

}
