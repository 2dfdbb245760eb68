// Counts the operators that libtorch executes in a process, and writes them to the file OPERATOR_COUNTS at its end.
//
// libtorch calls an observer at the start and the end of every call that passes its dispatcher, nested calls included;
// its profiler stands on the same. What is declared in namespace at is of ATen/record_function.h, libtorch 2.10:
// TorchSharp's packages have no headers.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

namespace at {
struct ObserverContext {
    virtual ~ObserverContext() = default;
};

class RecordFunction {
public:
    const char* name() const;
};

// The first flag is that of operators. Room for more flags than there are does no harm: it is read from the front.
struct RecordFunctionCallback {
    std::unique_ptr<ObserverContext> (*start)(const RecordFunction&);
    void (*end)(const RecordFunction&, ObserverContext*);
    double probability;
    bool scopes[24];
};

unsigned long addGlobalCallback(RecordFunctionCallback);
}

namespace {
// Views, reservations of memory, and questions that the host asks: nothing is computed.
const std::set<std::string> ignored = {
    "_local_scalar_dense", "_nnpack_available", "_reshape_alias", "_unsafe_view", "alias", "as_strided", "as_strided_",
    "chunk", "detach", "empty", "empty_like", "empty_strided", "expand", "expand_as", "is_nonzero", "item", "narrow",
    "new_empty", "permute", "resize_", "resolve_conj", "resolve_neg", "select", "set_", "slice", "split",
    "split_with_sizes", "squeeze", "squeeze_", "t", "transpose", "unbind", "unfold", "unsqueeze", "unsqueeze_", "view",
    "view_as",
};

// Operators that do nothing but call others, which count in their place.
const std::set<std::string> composite = {
    "_convolution", "_to_copy", "adaptive_avg_pool2d", "clone", "contiguous", "conv2d", "convolution", "embedding",
    "flatten", "full", "full_like", "group_norm", "layer_norm", "linear", "matmul", "multinomial", "new_zeros", "norm",
    "ones", "reshape", "scaled_dot_product_attention", "softmax", "special_softmax", "thnn_conv2d", "to", "type_as",
    "zeros",
};

std::mutex gate;
std::map<std::string, long> counts;

// Depth below an operator that counts, or that is ignored, where nothing more counts.
thread_local int inside = 0;

std::string name_of(const at::RecordFunction& function) {
    std::string name = function.name();
    return name.rfind("aten::", 0) == 0 ? name.substr(6) : name;
}

std::unique_ptr<at::ObserverContext> start(const at::RecordFunction& function) {
    auto name = name_of(function);
    if (inside == 0 && composite.count(name)) return nullptr;
    if (inside++ == 0 && !ignored.count(name)) {
        std::lock_guard<std::mutex> lock(gate);
        counts[name]++;
    }
    return nullptr;
}

void end(const at::RecordFunction& function, at::ObserverContext*) {
    if (inside > 0) inside--;
}

struct Observer {
    Observer() {
        at::RecordFunctionCallback callback{};
        callback.start = start;
        callback.end = end;
        callback.probability = 1;
        callback.scopes[0] = true;
        at::addGlobalCallback(callback);
    }

    ~Observer() {
        auto path = std::getenv("OPERATOR_COUNTS");
        auto file = path ? std::fopen(path, "w") : nullptr;
        if (!file) return;
        for (auto& count : counts) std::fprintf(file, "%ld %s\n", count.second, count.first.c_str());
        std::fclose(file);
    }
} observer;
}
