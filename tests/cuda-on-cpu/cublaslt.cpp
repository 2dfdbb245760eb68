// libcublasLt.so: row-major linear layers of 16 bits (A transposed, B not), as strict as the card's about what it is given. Its algorithms
// sum in different orders and which it puts first depends on the size, as on the card: a caller who lets it choose anew for every batch
// gets other bits.
#include <cmath>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "library.h"

#define API extern "C" __attribute__((visibility("default")))

using namespace standin;

namespace {

// cublasStatus_t, as far as the stand-in returns it.
enum Status { success = 0, not_initialized = 1, invalid_value = 7, execution_failed = 13, not_supported = 15 };

// cudaDataType
enum Type { f32 = 0, f16 = 2, bf16 = 14 };

// cublasLtEpilogue_t
enum Epilogue { plain = 1, bias = 4, gelu = 32, gelu_bias = 36 };

// cublasLtReductionScheme_t
enum Reduction { compute_type = 2, all_schemes = 7 };

constexpr int compute_32f = 68, transposed = 1, version[] = {12, 8, 4};

struct Layout {
    int type;
    uint64 rows, columns;
    int64 stride;

    uint64 bytes() const { return ((columns - 1) * stride + rows) * (type == f32 ? 4 : 2); }
};

// Attributes by their number in NVIDIA's header.
struct Attributes {
    std::map<int, uint64> values;
    uint64 operator[](int attribute) const { return values.at(attribute); }
};

struct Handle {};
struct Product : Attributes {};
struct Preference : Attributes {};

struct Algorithm {
    uint64 mark;
    int id, type, result;
    unsigned alignment;
    uint64 reserved[5];
};

struct Proposal {
    Algorithm algorithm;
    size_t workspace;
    int status;
    float waves;
    int reserved[4];
};

static_assert(sizeof(Algorithm) == 64 && sizeof(Proposal) == 96, "cublasLtMatmulAlgo_t and cublasLtMatmulHeuristicResult_t");

enum : int { in_order = 1, in_turns = 2, in_halves = 3, in_pieces = 4, in_order_with_workspace = 5 };
constexpr uint64 mark = 0x616c676f72697468ull, most_columns_in_order = 16384;

std::mutex mutex;
template <class T>
std::set<const T*> live;

int refuse(int status, const std::string& why)
{
    standin_explain(why.c_str());
    return status;
}

template <class... T>
bool are_live(const T*... handles)
{
    std::lock_guard lock(mutex);
    bool all = (... && (live<T>.count(handles) != 0));
    if (!all) {
        standin_explain("a handle of another kind, or that was destroyed");
    }
    return all;
}

template <class T>
int make(void** handle, T object)
{
    if (handle == nullptr) {
        return invalid_value;
    }
    std::lock_guard lock(mutex);
    T* made = new T(std::move(object));
    live<T>.insert(made);
    *handle = made;
    return success;
}

template <class T>
int destroy(T* handle)
{
    std::lock_guard lock(mutex);
    if (live<T>.erase(handle) == 0) {
        return invalid_value;
    }
    delete handle;
    return success;
}

// Attributes that are set have the size that they have on the card.
template <class T>
int set(T* object, int attribute, const void* value, size_t bytes, const std::map<int, size_t>& sizes)
{
    auto known = sizes.find(attribute);
    if (!are_live(object) || value == nullptr || known == sizes.end() || known->second != bytes) {
        return refuse(invalid_value, "attribute " + std::to_string(attribute) + " of " + std::to_string(bytes) + " bytes");
    }
    object->values[attribute] = 0;
    memcpy(&object->values[attribute], value, bytes);
    return success;
}

int check(const Product* product, const Layout* a, const Layout* b, const Layout* c, const Layout* d)
{
    if (!are_live(product, a, b, c, d)) {
        return invalid_value;
    }
    bool fits = a->rows == b->rows && d->rows == a->columns && d->columns == b->columns && c->rows == d->rows && c->columns == d->columns;
    if ((*product)[3] != transposed || (*product)[4] != 0 || !fits || c->type != d->type) {
        return refuse(invalid_value, "a product whose sizes do not fit, or not of A transposed and B as it is");
    }
    if ((a->type != f16 && a->type != bf16) || b->type != a->type || (d->type != a->type && d->type != f32)) {
        return refuse(not_supported, "a product of these types");
    }
    uint64 epilogue = (*product)[7];
    if (epilogue != plain && epilogue != bias && epilogue != gelu && epilogue != gelu_bias) {
        return refuse(not_supported, "epilogue " + std::to_string(epilogue));
    }
    // The type is -1 unless it was set: D's.
    if ((epilogue & bias) != 0 && ((int)(*product)[26] != -1 ? (int)(*product)[26] : d->type) != d->type) {
        return refuse(not_supported, "a bias of another type than the result's");
    }
    return success;
}

bool divides(unsigned alignment, const Layout* layout)
{
    return layout->stride * (layout->type == f32 ? 4 : 2) % alignment == 0;
}

size_t workspace_of(int id, const Layout* d)
{
    switch (id) {
        case in_halves: return d->rows * d->columns * 4;
        case in_pieces: return 1 << 20;
        case in_order_with_workspace: return 1 << 16;
        default: return 0;
    }
}

int check(const Algorithm& algorithm, const Layout* a, const Layout* b, const Layout* d)
{
    if (algorithm.mark != mark || algorithm.type != a->type || algorithm.result != d->type) {
        return refuse(invalid_value, "this algorithm was proposed for another product, or by nobody");
    }
    // The library's own pieces of memory begin at multiples of 16 bytes or less, columns too.
    if (!divides(16, a) || !divides(16, b) || !divides(16, d)) {
        return refuse(not_supported, "columns that begin where 16 bytes cannot be read at once");
    }
    return algorithm.id == in_order && d->columns > most_columns_in_order ? refuse(not_supported, "so many columns in order") : success;
}

// What the card's heuristic does: other algorithms first for other sizes, those that divide a sum where they may.
std::vector<int> preferred(const Product& product, const Preference& preference, const Layout* d)
{
    std::vector<int> ids;
    if ((preference[3] & compute_type) != 0) {
        ids.push_back(in_halves);
    }
    ids.push_back(in_pieces);
    if ((product[7] & gelu) != 0 && d->type == f32) {
        return {in_order_with_workspace};
    }
    bool few = d->columns < 600;
    ids.push_back(few ? in_turns : in_order);
    ids.push_back(few ? in_order : in_turns);
    return ids;
}

template <class T>
void load(float* to, const char* from, uint64 count)
{
    for (uint64 i = 0; i < count; i++) {
        to[i] = to_float(reinterpret_cast<const T*>(from)[i]);
    }
}

void load(float* to, const char* from, int type, uint64 count)
{
    type == f32 ? load<float>(to, from, count) : type == f16 ? load<half_t>(to, from, count) : load<bfloat_t>(to, from, count);
}

void store(char* to, int type, uint64 i, float value)
{
    switch (type) {
        case f32: reinterpret_cast<float*>(to)[i] = value; break;
        case f16: reinterpret_cast<half_t*>(to)[i] = from_float<half_t>(value); break;
        default: reinterpret_cast<bfloat_t*>(to)[i] = from_float<bfloat_t>(value); break;
    }
}

struct Work {
    Layout a, b, d;
    const char *weights, *x, *biases;
    char* y;
    uint64 epilogue;
    int algorithm;

    // Which of two sums k belongs to.
    int part(uint64 k) const
    {
        switch (algorithm) {
            case in_turns: return k / 8 % 2;
            case in_halves: return k >= a.rows / 2;
            case in_pieces: return k >= d.columns * 8 % a.rows;
            default: return 0;
        }
    }

    static constexpr int width = 32;

    void run() const
    {
        std::vector<float> inputs(a.rows * b.columns), weight(a.rows), turned(a.rows * width);
        for (uint64 row = 0; row < b.columns; row++) {
            load(&inputs[row * a.rows], x + row * b.stride * 2, b.type, a.rows);
        }
        for (uint64 first = 0; first < d.rows; first += width) {
            uint64 count = std::min<uint64>(width, d.rows - first);
            for (uint64 j = 0; j < count; j++) {
                load(weight.data(), weights + (first + j) * a.stride * 2, a.type, a.rows);
                for (uint64 k = 0; k < a.rows; k++) {
                    turned[k * width + j] = weight[k];
                }
            }
            for (uint64 row = 0; row < d.columns; row++) {
                finish(row, first, count, &inputs[row * a.rows], turned.data());
            }
        }
    }

    void finish(uint64 row, uint64 first, uint64 count, const float* input, const float* turned) const
    {
        float sums[2][width] = {}, biases_here[width] = {};
        for (uint64 k = 0; k < a.rows; k++) {
            float* sum = sums[part(k)];
            for (int j = 0; j < width; j++) {
                sum[j] += input[k] * turned[k * width + j];
            }
        }
        uint64 size = d.type == f32 ? 4 : 2;
        if ((epilogue & bias) != 0) {
            load(biases_here, biases + first * size, d.type, count);
        }
        for (uint64 j = 0; j < count; j++) {
            float value = sums[0][j] + sums[1][j] + biases_here[j];
            if ((epilogue & gelu) != 0) {
                value = 0.5f * value * (1 + tanhf(0.7978845608f * (value + 0.044715f * value * value * value)));
            }
            store(y + row * d.stride * size, d.type, first + j, value);
        }
    }
};

}

API int cublasLtGetProperty(int property, int* value)
{
    return property < 0 || property > 2 || value == nullptr ? invalid_value : (*value = version[property], success);
}

API const char* cublasLtGetStatusString(int status)
{
    switch (status) {
        case success: return "CUBLAS_STATUS_SUCCESS";
        case not_initialized: return "CUBLAS_STATUS_NOT_INITIALIZED";
        case invalid_value: return "CUBLAS_STATUS_INVALID_VALUE";
        case execution_failed: return "CUBLAS_STATUS_EXECUTION_FAILED";
        case not_supported: return "CUBLAS_STATUS_NOT_SUPPORTED";
        default: return "unknown status";
    }
}

API int cublasLtCreate(void** handle)
{
    return standin_enter() != 0 ? not_initialized : make(handle, Handle());
}

API int cublasLtDestroy(Handle* handle)
{
    return destroy(handle);
}

API int cublasLtMatmulDescCreate(void** product, int compute, int scale)
{
    if (compute != compute_32f || scale != f32) {
        return refuse(invalid_value, "a product that is not made in float32");
    }
    return make(product, Product{{{{3, 0}, {4, 0}, {7, plain}, {8, 0}, {26, (uint64)-1}}}});
}

API int cublasLtMatmulDescDestroy(Product* product)
{
    return destroy(product);
}

// TRANSA, TRANSB, EPILOGUE, BIAS_POINTER, BIAS_DATA_TYPE.
API int cublasLtMatmulDescSetAttribute(Product* product, int attribute, const void* value, size_t bytes)
{
    return set(product, attribute, value, bytes, {{3, 4}, {4, 4}, {7, 4}, {8, 8}, {26, 4}});
}

API int cublasLtMatrixLayoutCreate(void** layout, int type, uint64 rows, uint64 columns, int64 stride)
{
    if ((type != f32 && type != f16 && type != bf16) || rows == 0 || columns == 0 || stride < (int64)rows) {
        return refuse(invalid_value, "a matrix without elements, or whose columns lie over each other");
    }
    return make(layout, Layout{type, rows, columns, stride});
}

API int cublasLtMatrixLayoutDestroy(Layout* layout)
{
    return destroy(layout);
}

API int cublasLtMatmulPreferenceCreate(void** preference)
{
    return make(preference, Preference{{{{1, 0}, {3, all_schemes}, {5, 256}, {6, 256}, {7, 256}, {8, 256}}}});
}

API int cublasLtMatmulPreferenceDestroy(Preference* preference)
{
    return destroy(preference);
}

// MAX_WORKSPACE_BYTES, REDUCTION_SCHEME_MASK, MIN_ALIGNMENT_A to D_BYTES.
API int cublasLtMatmulPreferenceSetAttribute(Preference* preference, int attribute, const void* value, size_t bytes)
{
    return set(preference, attribute, value, bytes, {{1, 8}, {3, 4}, {5, 4}, {6, 4}, {7, 4}, {8, 4}});
}

API int cublasLtMatmulAlgoGetHeuristic(Handle* handle, const Product* product, const Layout* a, const Layout* b, const Layout* c, const Layout* d,
    const Preference* preference, int most, Proposal* proposals, int* count)
{
    if (!are_live(handle, preference) || most < 1 || proposals == nullptr || count == nullptr) {
        return invalid_value;
    }
    *count = 0;
    if (int status = check(product, a, b, c, d)) {
        return status;
    }
    unsigned alignment = (unsigned)std::max(std::max((*preference)[5], (*preference)[6]), std::max((*preference)[7], (*preference)[8]));
    for (int id : preferred(*product, *preference, d)) {
        Algorithm algorithm = {mark, id, a->type, d->type, alignment, {}};
        if (*count < most && check(algorithm, a, b, d) == success && workspace_of(id, d) <= (*preference)[1]) {
            proposals[(*count)++] = {algorithm, workspace_of(id, d), success, 1, {}};
        }
    }
    return *count == 0 ? not_supported : success;
}

API int cublasLtMatmulAlgoCheck(Handle* handle, const Product* product, const Layout* a, const Layout* b, const Layout* c, const Layout* d,
    const Algorithm* algorithm, Proposal* result)
{
    if (!are_live(handle) || algorithm == nullptr || result == nullptr) {
        return invalid_value;
    }
    int status = check(product, a, b, c, d);
    status = status != success ? status : check(*algorithm, a, b, d);
    *result = {*algorithm, status == success ? workspace_of(algorithm->id, d) : 0, status, 1, {}};
    return status;
}

API int cublasLtMatmul(Handle* handle, const Product* product, const float* alpha, const char* weights, const Layout* a, const char* x, const Layout* b,
    const float* beta, const char* previous, const Layout* c, char* y, const Layout* d, const Algorithm* algorithm, void* workspace,
    size_t workspace_bytes, void* stream)
{
    if (!are_live(handle) || alpha == nullptr || beta == nullptr || *alpha != 1 || *beta != 0 || previous != y || algorithm == nullptr) {
        return refuse(invalid_value, "a product that is scaled, or added to something, or without an algorithm");
    }
    if (int status = check(product, a, b, c, d)) {
        return status;
    }
    if (int status = check(*algorithm, a, b, d)) {
        return status;
    }
    if (workspace_of(algorithm->id, d) > workspace_bytes) {
        return refuse(invalid_value, "a workspace that is smaller than the algorithm's");
    }
    auto* biases = reinterpret_cast<const char*>((*product)[8]);
    bool biased = ((*product)[7] & bias) != 0;
    for (const void* start : {(const void*)weights, (const void*)x, (const void*)y, (const void*)workspace}) {
        if ((uint64)start % algorithm->alignment != 0 || (start == nullptr && start != workspace)) {
            return refuse(invalid_value, "memory that does not begin where the algorithm was told that it does");
        }
    }
    std::vector<Piece> pieces = {{weights, a->bytes()}, {x, b->bytes()}, {y, d->bytes()}};
    if (biased) {
        pieces.push_back({biases, d->rows * (d->type == f32 ? 4 : 2)});
    }
    if (workspace_bytes > 0) {
        pieces.push_back({workspace, workspace_bytes});
    }
    Work work = {*a, *b, *d, weights, x, biases, y, (*product)[7], algorithm->id};
    int code = standin_enqueue(stream, "products", pieces, [work] { return work.run(), Failure(); });
    return code == 0 ? success : execution_failed;
}
