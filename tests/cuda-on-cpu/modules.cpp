// Modules, functions and launches. A module is what the stand-in was built from, and nothing else can be loaded.
#include <cstdio>
#include <unistd.h>

#include "driver.h"
#include "source_hash.h"

namespace standin {

unsigned most_shared_with_attribute()
{
    static const unsigned bytes = (unsigned)environment("CUDA_ON_CPU_SHARED", 227 * 1024);
    return bytes;
}

namespace {

int check_shape(const Function& function, const Dim& grid, const Dim& block, unsigned shared)
{
    if (grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.x > 0x7FFFFFFF || grid.y > 65535 || grid.z > 65535) {
        return say(invalid_value, function.name + ": a grid that no card launches");
    }
    if (block.x == 0 || block.y == 0 || block.z == 0 || block.x > 1024 || block.y > 1024 || block.z > 64
        || (uint64)block.x * block.y * block.z > 1024) {
        return say(invalid_value, function.name + ": a block that no card launches");
    }
    if (shared > function.most_shared) {
        return say(invalid_value, function.name + ": " + std::to_string(shared) + " bytes of dynamic shared memory, " +
            std::to_string(function.most_shared) + " are allowed");
    }
    return success;
}

// The parameters are the caller's again when cuLaunchKernel returns.
class Parameters {
public:
    Parameters(const Kernel& kernel, void** given)
    {
        for (size_t i = 0; i < kernel.parameter_sizes.size(); i++) {
            auto* bytes = static_cast<unsigned char*>(given[i]);
            values_.emplace_back(bytes, bytes + kernel.parameter_sizes[i]);
        }
    }

    std::vector<void*> addresses()
    {
        std::vector<void*> addresses;
        for (auto& value : values_) {
            addresses.push_back(value.data());
        }
        return addresses;
    }

private:
    std::vector<std::vector<unsigned char>> values_;
};

// A card that breaks while it is used: from when the named file exists.
bool is_broken()
{
    static const char* const sign = getenv("CUDA_ON_CPU_BROKEN_BY");
    return sign != nullptr && access(sign, F_OK) == 0;
}

Failure run(const Function& function, Dim grid, Dim block, unsigned shared, Parameters& parameters)
{
    count("kernels");
    if (is_broken()) {
        return {illegal_address, function.name + ": the card is broken"};
    }
    std::vector<void*> addresses = parameters.addresses();
    Failure failure = run_grid({function.kernel, addresses.data(), grid, block, shared});
    if (failure.code != success) {
        failure.message = function.name + ": " + failure.message;
        fprintf(stderr, "cuda-on-cpu: %s\n", failure.message.c_str());
    }
    return failure;
}

int load(Device& device, Module** module, const char* image)
{
    int architecture;
    unsigned long long hash;
    if (sscanf(image, cubin_format, &architecture, &hash) != 2) {
        return say(invalid_image, "this is no cubin of the stand-in's NVRTC");
    }
    if (architecture != 80) {
        return say(no_binary_for_gpu, "the cubin is for sm_" + std::to_string(architecture) + ", the device has 8.0");
    }
    if (hash != source_hash()) {
        return say(invalid_source, "the source that was compiled is not the one that the stand-in was built from: build it again");
    }
    *module = modules.add({&device});
    count("modules");
    return success;
}

}

}

using namespace standin;

API cuModuleLoadData(Module** module, const void* image)
{
    return with_device([&](Device& device) -> int {
        int code = refuse_in_capture("cuModuleLoadData");
        return code != success ? code : load(device, module, static_cast<const char*>(image));
    });
}

API cuModuleUnload(Module* module)
{
    return with_device([&](Device& device) -> int {
        if (!modules.has(module)) {
            return say(invalid_handle, "this is no module");
        }
        int code = finish_all(device);
        functions.remove_where([&](Function& function) { return function.module == module; });
        modules.remove(module);
        return code;
    });
}

API cuModuleGetFunction(Function** function, Module* module, const char* name)
{
    return with_device([&](Device& device) -> int {
        if (!modules.has(module)) {
            return say(invalid_handle, "this is no module");
        }
        auto found = kernels().find(name);
        if (found == kernels().end()) {
            return say(not_found, std::string("there is no kernel ") + name);
        }
        // One handle a function, however often it is asked for: an attribute that is set holds for all.
        *function = nullptr;
        functions.each([&](Function& known) {
            if (known.module == module && known.name == name) {
                *function = &known;
            }
        });
        if (*function == nullptr) {
            *function = functions.add({&device, module, name, &found->second, most_shared_by_default});
        }
        return success;
    });
}

API cuFuncSetAttribute(Function* function, int attribute, int value)
{
    return with_device([&](Device&) -> int {
        if (!functions.has(function)) {
            return say(invalid_handle, "this is no function");
        }
        // CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
        if (attribute != 8 || value < 0 || (unsigned)value > most_shared_with_attribute()) {
            return say(invalid_value, function->name + ": attribute " + std::to_string(attribute) + " cannot be " + std::to_string(value));
        }
        function->most_shared = (unsigned)value;
        return success;
    });
}

API cuLaunchKernel(Function* function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y,
    unsigned block_z, unsigned shared, void* handle, void** parameters, void** extra)
{
    return with_device([&](Device& device) -> int {
        if (!functions.has(function) || function->device != &device) {
            return say(invalid_handle, "this is no function of the current context");
        }
        Stream* stream;
        if (int code = find_stream(device, handle, &stream)) {
            return code;
        }
        Dim grid = {grid_x, grid_y, grid_z}, block = {block_x, block_y, block_z};
        if (int code = check_shape(*function, grid, block, shared)) {
            return code;
        }
        if (extra != nullptr || (parameters == nullptr && !function->kernel->parameter_sizes.empty())) {
            return say(invalid_value, function->name + ": parameters come as an array of addresses");
        }
        count("launches");
        return enqueue(*stream, [known = *function, grid, block, shared, values = Parameters(*function->kernel, parameters)]() mutable {
            return run(known, grid, block, shared, values);
        });
    });
}
