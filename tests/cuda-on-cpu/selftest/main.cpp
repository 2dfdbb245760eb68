// Tests of the stand-in itself: main SOURCE, where SOURCE is the text that it was built from.
#include <fstream>
#include <sstream>
#include <string>

#include "card.h"

int failures = 0;
static std::string source;

const char* kernels_source()
{
    return source.c_str();
}

std::vector<char> compile(const char* text, const char* architecture, int expected, const char* logged)
{
    void* program = nullptr;
    const char *header = "", *header_name = "device.cuh";
    std::string option = std::string("--gpu-architecture=") + architecture;
    const char* options[] = {option.c_str()};
    CHECK_CODE(0, nvrtcCreateProgram(&program, text, "kernels.cu", 1, &header, &header_name));
    CHECK_CODE(expected, nvrtcCompileProgram(program, 1, options));
    size_t size = 0;
    CHECK_CODE(0, nvrtcGetProgramLogSize(program, &size));
    std::vector<char> log(size), cubin;
    CHECK_CODE(0, nvrtcGetProgramLog(program, log.data()));
    CHECK(strlen(log.data()) + 1 == size && strstr(log.data(), logged) != nullptr);
    CHECK_CODE(0, nvrtcGetCUBINSize(program, &size));
    CHECK((size != 0) == (expected == 0));
    cubin.resize(size);
    CHECK_CODE(expected == 0 ? 0 : 4, nvrtcGetCUBIN(program, cubin.data()));
    CHECK_CODE(0, nvrtcDestroyProgram(&program));
    return cubin;
}

void test_conversions();
void test_threads();
void test_driver();
void test_products();

int main(int, char** arguments)
{
    std::ifstream file(arguments[1]);
    std::stringstream text;
    text << file.rdbuf();
    source = text.str();
    test_driver();
    test_products();
    test_threads();
    test_conversions();
    CHECK(standin_count("live_bytes") == 0 && standin_count("live_host_bytes") == 0);
    CHECK(standin_count("no such count") == -1);
    printf(failures == 0 ? "all hold\n" : "%d failures\n", failures);
    return failures == 0 ? 0 : 1;
}
