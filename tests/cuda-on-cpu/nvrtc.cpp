// libnvrtc.so: compiles nothing, and gives a cubin that says which source it was given.
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <regex>
#include <string>
#include <vector>

#include "source_hash.h"

#define API extern "C" __attribute__((visibility("default")))

namespace {

// nvrtcResult, as far as the stand-in returns it.
enum Result { success = 0, creation_failure = 2, invalid_input = 3, invalid_program = 4, invalid_option = 5, compilation = 6 };

const int architectures[] = {80, 86, 87, 89, 90};

struct Program {
    std::string source, name;
    std::vector<std::string> header_names;
    std::string log, cubin;
};

std::mutex mutex;
std::map<Program*, std::unique_ptr<Program>> programs;

// Runs the body with a live program.
template <class Body>
Result with_program(Program* program, Body body)
{
    std::lock_guard lock(mutex);
    return programs.count(program) == 0 ? invalid_program : body(*program);
}

// The architecture that the options ask for, or 0 and a log.
int architecture(Program& program, int count, const char* const* options)
{
    int found = 52;  // NVRTC's default is its oldest
    for (int i = 0; i < count; i++) {
        std::string option = options[i];
        std::smatch match;
        if (option.empty() || option[0] != '-') {
            program.log = "nvrtc: error: unrecognized option " + option + " found\n";
            return 0;
        }
        if (std::regex_match(option, match, std::regex("(--gpu-architecture|-arch)=(.*)"))) {
            found = 0;
            for (int known : architectures) {
                found = match[2] == "sm_" + std::to_string(known) ? known : found;
            }
            if (found == 0) {
                program.log = "nvrtc: error: invalid value for --gpu-architecture (-arch)\n";
                return 0;
            }
        }
    }
    return found;
}

// What the stand-in can see of a source's errors: #error, and headers that were not given.
std::string errors(const Program& program)
{
    std::string log;
    size_t number = 0, start = 0;
    static const std::regex error("\\s*#\\s*error\\b(.*)"), include("\\s*#\\s*include\\s*[\"<]([^\">]*)[\">].*");
    while (start < program.source.size()) {
        size_t end = std::min(program.source.find('\n', start), program.source.size());
        std::string line = program.source.substr(start, end - start);
        std::string place = program.name + "(" + std::to_string(++number) + "): ";
        start = end + 1;
        std::smatch match;
        if (line.find('#') == std::string::npos) {
            continue;
        }
        if (std::regex_match(line, match, error)) {
            log += place + "error: #error directive:" + match[1].str() + "\n";
        } else if (std::regex_match(line, match, include)) {
            bool given = false;
            for (const std::string& header : program.header_names) {
                given |= header == match[1];
            }
            log += given ? "" : place + "catastrophic error: cannot open source file \"" + match[1].str() + "\"\n";
        }
    }
    return log;
}

}

API int nvrtcVersion(int* major, int* minor)
{
    *major = 12;
    *minor = 8;
    return success;
}

API int nvrtcGetNumSupportedArchs(int* count)
{
    *count = std::size(architectures);
    return success;
}

API int nvrtcGetSupportedArchs(int* values)
{
    std::copy(std::begin(architectures), std::end(architectures), values);
    return success;
}

API int nvrtcCreateProgram(Program** program, const char* source, const char* name, int headers, const char* const* texts,
    const char* const* names)
{
    if (program == nullptr || source == nullptr || headers < 0 || (headers > 0 && (texts == nullptr || names == nullptr))) {
        return invalid_input;
    }
    auto made = std::make_unique<Program>();
    made->source = source;
    made->name = name == nullptr ? "default_program" : name;
    made->header_names.assign(names, names + headers);
    std::lock_guard lock(mutex);
    *program = made.get();
    programs[*program] = std::move(made);
    return success;
}

API int nvrtcCompileProgram(Program* handle, int count, const char* const* options)
{
    return with_program(handle, [&](Program& program) {
        program.cubin.clear();
        int target = architecture(program, count, options);
        if (target == 0) {
            return invalid_option;
        }
        program.log = errors(program);
        if (!program.log.empty()) {
            return compilation;
        }
        char cubin[128];
        snprintf(cubin, sizeof cubin, cubin_format, target, hash_source(program.source.data(), program.source.size()));
        program.cubin = std::string(cubin) + '\0';
        return success;
    });
}

// Sizes of a log count its zero; a cubin is bytes.
API int nvrtcGetProgramLogSize(Program* handle, size_t* size)
{
    return with_program(handle, [&](Program& program) { return *size = program.log.size() + 1, success; });
}

API int nvrtcGetProgramLog(Program* handle, char* log)
{
    return with_program(handle, [&](Program& program) { return log[program.log.copy(log, std::string::npos)] = 0, success; });
}

API int nvrtcGetCUBINSize(Program* handle, size_t* size)
{
    return with_program(handle, [&](Program& program) { return *size = program.cubin.size(), success; });
}

API int nvrtcGetCUBIN(Program* handle, char* cubin)
{
    return with_program(handle, [&](Program& program) {
        return program.cubin.empty() ? invalid_program : (program.cubin.copy(cubin, std::string::npos), success);
    });
}

API int nvrtcDestroyProgram(Program** handle)
{
    std::lock_guard lock(mutex);
    if (handle == nullptr || programs.erase(*handle) == 0) {
        return invalid_program;
    }
    *handle = nullptr;
    return success;
}

API const char* nvrtcGetErrorString(int result)
{
    switch (result) {
        case success: return "NVRTC_SUCCESS";
        case creation_failure: return "NVRTC_ERROR_PROGRAM_CREATION_FAILURE";
        case invalid_input: return "NVRTC_ERROR_INVALID_INPUT";
        case invalid_program: return "NVRTC_ERROR_INVALID_PROGRAM";
        case invalid_option: return "NVRTC_ERROR_INVALID_OPTION";
        case compilation: return "NVRTC_ERROR_COMPILATION";
        default: return "NVRTC_ERROR unknown";
    }
}
