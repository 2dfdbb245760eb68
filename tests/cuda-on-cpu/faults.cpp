// Signals that a kernel raises become the driver's error codes.
#include <signal.h>
#include <ucontext.h>
#include <unistd.h>

#include "block.h"

namespace standin {

namespace {

constexpr int signals[] = {SIGSEGV, SIGBUS, SIGFPE};
struct sigaction previous[3];
Block* watched;
int watched_count;

void land()
{
    block->fail_by_fault();
}

void pass_on(int signal, siginfo_t* info, void* context)
{
    int which = signal == SIGSEGV ? 0 : signal == SIGBUS ? 1 : 2;
    const struct sigaction& old = previous[which];
    if (old.sa_flags & SA_SIGINFO) {
        old.sa_sigaction(signal, info, context);
    } else if (old.sa_handler == SIG_DFL || old.sa_handler == SIG_IGN) {
        ::signal(signal, SIG_DFL);  // the instruction faults again and ends the process
    } else {
        old.sa_handler(signal);
    }
}

// Touches no thread-local variable: on a thread that never ran a kernel that would allocate.
void handle(int signal, siginfo_t* info, void* context)
{
    int self = gettid();
    for (int i = 0; i < watched_count; i++) {
        if (watched[i].os_thread == self) {
            watched[i].fault_signal = signal;
            watched[i].fault_code = info->si_code;
            watched[i].fault_address = info->si_addr;
            greg_t* registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
            registers[REG_RSP] = (reinterpret_cast<greg_t>(watched[i].fault_stack()) & ~greg_t(15)) - 8;
            registers[REG_RIP] = reinterpret_cast<greg_t>(&land);
            return;
        }
    }
    pass_on(signal, info, context);
}

}

void Block::fail_by_fault()
{
    os_thread = 0;
    char where[32];
    snprintf(where, sizeof where, "%p", fault_address);
    if (fault_signal == SIGFPE) {
        fail(launch_failed, name(*current_) + " divides an integer by zero");
    }
    // A general protection fault has no address: an aligned access to one that is not.
    if (fault_signal == SIGBUS || fault_code == SI_KERNEL) {
        fail(misaligned_address, name(*current_) + " makes a misaligned or non-canonical access");
    }
    fail(illegal_address, name(*current_) + " reaches address " + where + ", which is not its to reach");
}

void catch_faults(Block* blocks, int count)
{
    watched = blocks;
    watched_count = count;
    for (int i = 0; i < 3; i++) {
        sigaction(signals[i], nullptr, &previous[i]);
        // As the handler before: .NET's runs on the thread's alternate stack where it says so, with the signals blocked that may
        // not come there.
        struct sigaction action = previous[i];
        action.sa_sigaction = handle;
        action.sa_flags = previous[i].sa_handler == SIG_DFL ? SA_SIGINFO | SA_ONSTACK : action.sa_flags | SA_SIGINFO;
        sigaction(signals[i], &action, nullptr);
    }
}

}
