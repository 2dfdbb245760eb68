// What happens to a linear layer's product on its way to memory.
#include "device.cuh"

enum EpilogueKind
{
    Assign,
    Gelu,
    GatedResidual,
    Accumulate,
};

struct Epilogue
{
    const float* bias;
    Matrix gate;
    int rowsPerSequence;
    int kind;

    /// What y, which is read only where it is added to, becomes.
    template <class T>
    __device__ __forceinline__ float apply(float product, const T* y, int r, int c) const
    {
        product += bias[c];
        switch (kind)
        {
            case Gelu:
                return gelu(product);
            case GatedResidual:
                return fmaf(at<float>(gate, sequence_row(r, rowsPerSequence, gate), c), product, to_float(*y));
            case Accumulate:
                return to_float(*y) + product;
            default:
                return product;
        }
    }
};
