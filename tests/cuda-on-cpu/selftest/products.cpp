// Products of libcublasLt: what is refused, and that the rest is done in the stream's order.
#include <cmath>

#include "card.h"

extern "C" {
int cublasLtCreate(void**);
int cublasLtDestroy(void*);
int cublasLtMatmulDescCreate(void**, int, int);
int cublasLtMatmulDescDestroy(void*);
int cublasLtMatmulDescSetAttribute(void*, int, const void*, size_t);
int cublasLtMatrixLayoutCreate(void**, int, uint64, uint64, long long);
int cublasLtMatrixLayoutDestroy(void*);
int cublasLtMatmulPreferenceCreate(void**);
int cublasLtMatmulPreferenceDestroy(void*);
int cublasLtMatmulPreferenceSetAttribute(void*, int, const void*, size_t);
int cublasLtMatmulAlgoGetHeuristic(void*, void*, void*, void*, void*, void*, void*, int, void*, int*);
int cublasLtMatmul(void*, void*, const float*, uint64, void*, uint64, void*, const float*, uint64, void*, uint64, void*, const void*, uint64, size_t, void*);
}

namespace {

constexpr int f32 = 0, bf16 = 14, invalid = 7, failed = 13, unsupported = 15;
constexpr int rows = 3, inputs = 16, outputs = 8;

using Bits = unsigned short;

// Powers of two, whose bfloat16 is their upper half.
std::vector<Bits> filled(size_t count, float value)
{
    uint32 bits;
    memcpy(&bits, &value, 4);
    return std::vector<Bits>(count, Bits(bits >> 16));
}

struct Proposal {
    uint64 algorithm[8], workspace;
    int status;
    float waves;
    int reserved[4];
};

template <class T>
int set(void* product, int attribute, T value)
{
    return cublasLtMatmulDescSetAttribute(product, attribute, &value, sizeof value);
}

struct Products {
    Products()
    {
        CHECK_CODE(0, cublasLtCreate(&handle));
        CHECK_CODE(0, cublasLtMatmulDescCreate(&product, 68, f32));
        CHECK_CODE(0, set(product, 3, 1));
        CHECK_CODE(0, set(product, 7, 4));
        CHECK_CODE(0, set(product, 8, bias));
        CHECK_CODE(0, cublasLtMatrixLayoutCreate(&a, bf16, inputs, outputs, inputs));
        CHECK_CODE(0, cublasLtMatrixLayoutCreate(&b, bf16, inputs, rows, inputs));
        CHECK_CODE(0, cublasLtMatrixLayoutCreate(&d, f32, outputs, rows, outputs));
        CHECK_CODE(0, cublasLtMatmulPreferenceCreate(&preference));
    }
    ~Products()
    {
        for (void* layout : {a, b, d}) {
            CHECK_CODE(0, cublasLtMatrixLayoutDestroy(layout));
        }
        CHECK_CODE(0, cublasLtMatmulPreferenceDestroy(preference));
        CHECK_CODE(0, cublasLtMatmulDescDestroy(product));
        CHECK_CODE(0, cublasLtDestroy(handle));
    }

    int propose(void* result) { return cublasLtMatmulAlgoGetHeuristic(handle, product, a, b, result, result, preference, 1, &proposal, &count); }
    int run(uint64 from, uint64 to)
    {
        float one = 1, zero = 0;
        return cublasLtMatmul(handle, product, &one, w, a, from, b, &zero, to, d, to, d, proposal.algorithm, 0, 0, card.stream);
    }

    Card card;
    uint64 w = card.upload(filled(inputs * outputs, 0.5f)), x = card.upload(filled(rows * inputs, 2));
    uint64 bias = card.upload(std::vector<float>(outputs, 3)), y = card.room(rows * outputs * 4);
    void *handle, *product, *a, *b, *d, *preference;
    Proposal proposal;
    int count;
};

}

void test_products()
{
    void* nothing;
    Products products;
    void* product = products.product;
    CHECK_CODE(0, products.propose(products.d));
    CHECK(products.count == 1 && products.proposal.workspace == 0);
    CHECK_CODE(0, products.run(products.x, products.y));
    CHECK(products.card.download<float>(products.y, rows * outputs) == std::vector<float>(rows * outputs, inputs + 3));

    // Memory that is not there, or begins where the algorithm may not.
    CHECK_CODE(failed, products.run(products.x + 256, products.y));
    CHECK_CODE(failed, products.run(products.x, products.y + 256));
    CHECK_CODE(invalid, products.run(products.x + 16, products.y));
    CHECK_CODE(0, set(product, 8, products.bias + 4));
    CHECK_CODE(failed, products.run(products.x, products.y));
    CHECK_CODE(0, set(product, 8, products.bias));

    // Attributes of another size, or that are none; types; epilogues; what has not the layout that it is asked for.
    CHECK_CODE(invalid, set(product, 7, (uint64)4));
    CHECK_CODE(invalid, set(product, 99, 4));
    CHECK_CODE(invalid, cublasLtMatmulDescCreate(&nothing, 64, f32));
    CHECK_CODE(invalid, cublasLtMatrixLayoutCreate(&nothing, bf16, inputs, rows, inputs - 1));
    CHECK_CODE(0, set(product, 26, bf16));
    CHECK_CODE(unsupported, products.run(products.x, products.y));
    CHECK_CODE(0, set(product, 26, f32));
    CHECK_CODE(0, set(product, 7, 2));
    CHECK_CODE(unsupported, products.run(products.x, products.y));
    CHECK_CODE(0, set(product, 7, 4));
    CHECK_CODE(0, set(product, 3, 0));
    CHECK_CODE(invalid, products.run(products.x, products.y));
    CHECK_CODE(0, set(product, 3, 1));
    CHECK_CODE(invalid, products.propose(products.b));
    CHECK_CODE(0, products.propose(products.d));
    products.proposal.algorithm[0]++;
    CHECK_CODE(invalid, products.run(products.x, products.y));
    CHECK_CODE(invalid, cublasLtMatrixLayoutDestroy(product));
}
