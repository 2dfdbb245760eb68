// Runs a kernel's grid on the CPU. What is here is all that the driver and a small main know of it.
#pragma once

#include <cstddef>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "device.cuh"

namespace standin {

// The driver's own codes for a kernel that went wrong.
constexpr int illegal_address = 700, misaligned_address = 716, launch_failed = 719;

struct Failure {
    int code = 0;
    std::string message;
};

// A kernel without its type: parameters come as cuLaunchKernel gives them, an array of addresses.
struct Kernel {
    void (*function)();
    void (*call)(void (*function)(), void** parameters);
    std::vector<size_t> parameter_sizes;
};

struct Launch {
    const Kernel* kernel;
    void** parameters;
    Dim grid, block;
    unsigned shared_bytes;
};

// Runs all blocks; the caller's thread takes part. One grid at a time.
Failure run_grid(const Launch& launch);

template <class... P, size_t... I>
void call_with(void (*kernel)(P...), void** parameters, std::index_sequence<I...>)
{
    kernel(*static_cast<P*>(parameters[I])...);
}

template <class... P>
Kernel kernel_of(void (*kernel)(P...))
{
    auto call = [](void (*function)(), void** parameters) {
        call_with(reinterpret_cast<void (*)(P...)>(function), parameters, std::index_sequence_for<P...>());
    };
    return {reinterpret_cast<void (*)()>(kernel), call, {sizeof(P)...}};
}

// A launch without the driver, for a small main: launch(kernel, grid, block, shared bytes, arguments...).
template <class... P, class... A>
Failure launch(void (*kernel)(P...), Dim grid, Dim block, unsigned shared_bytes, A... arguments)
{
    std::tuple<P...> values(arguments...);
    std::vector<void*> addresses;
    std::apply([&](auto&... value) { (addresses.push_back(&value), ...); }, values);
    Kernel erased = kernel_of(kernel);
    return run_grid({&erased, addresses.data(), grid, block, shared_bytes});
}

}
