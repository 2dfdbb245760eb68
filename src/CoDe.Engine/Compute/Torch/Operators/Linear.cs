using static TorchSharp.torch.nn;

namespace CoDe.Engine.Compute.Torch.Operators;

internal static class Linear
{
    public static void Run(Tensor y, Tensor x, TorchLinear weights)
    {
        using var product = functional.linear(x.Matrix(), weights.Weight, weights.Bias);
        y.Matrix().copy_(product);
    }

    public static void RunGelu(Tensor y, Tensor x, TorchLinear weights)
    {
        using var product = functional.linear(x.Matrix(), weights.Weight, weights.Bias);
        using var activated = product.gelu(TorchSharp.Modules.GELU.Approximate.tanh);
        y.Matrix().copy_(activated);
    }

    public static void RunGatedResidual(Tensor y, Tensor x, TorchLinear weights, Tensor gate, int rowsPerSequence)
    {
        using var product = functional.linear(x.Sequences(rowsPerSequence), weights.Weight, weights.Bias);
        y.Sequences(rowsPerSequence).addcmul_(product, gate.PerSequence(y.Rows / rowsPerSequence), Scalars.One);
    }
}
