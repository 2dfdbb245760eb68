// What happens to a linear layer's product on its way to memory.
#include "device.cuh"

enum EpilogueKind
{
    Assign,
    Gelu,
    GatedResidual,
};

/// One row of the result, with what is the same for all of it.
template <class T>
struct EpilogueRow
{
    T* y;
    const float* bias;
    const float* gate;
    int kind;

    /// What y becomes, which is read only where it is added to.
    __device__ __forceinline__ float apply(float product, int c) const
    {
        product += bias[c];
        switch (kind)
        {
            case Gelu:
                return gelu(product);
            case GatedResidual:
                return fmaf(gate[c], product, to_float(y[c]));
            default:
                return product;
        }
    }

    __device__ __forceinline__ void store_two(int c, float first, float second, bool both) const
    {
        first = apply(first, c);
        second = both ? apply(second, c + 1) : 0;
        store_pair(y + c, first, second, both);
    }
};

struct Epilogue
{
    const float* bias;
    Matrix gate;
    int rowsPerSequence;
    int kind;

    template <class T>
    __device__ __forceinline__ EpilogueRow<T> of_row(Matrix y, int r) const
    {
        const float* const open = kind == GatedResidual ? row<float>(gate, sequence_row(r, rowsPerSequence, gate)) : nullptr;
        return {row<T>(y, r), bias, open, kind};
    }
};
