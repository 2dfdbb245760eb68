using TorchTensor = TorchSharp.torch.Tensor;

namespace CoDe.Engine.Compute.Torch.Operators;

internal static class Linear
{
    public static void Run(Tensor y, Tensor x, TorchLinear weights)
    {
        using var product = Multiply(x, weights);
        y.Matrix().copy_(product);
    }

    public static void RunGelu(Tensor y, Tensor x, TorchLinear weights)
    {
        using var product = Multiply(x, weights);
        using var activated = product.gelu(TorchSharp.Modules.GELU.Approximate.tanh);
        y.Matrix().copy_(activated);
    }

    public static void RunGatedResidual(Tensor y, Tensor x, TorchLinear weights, Tensor gate, int rowsPerSequence)
    {
        using var product = Multiply(x, weights);
        using var sequences = product.view(-1, rowsPerSequence, weights.Outputs);
        y.Sequences(rowsPerSequence).addcmul_(sequences, gate.PerSequence(y.Rows / rowsPerSequence), Scalars.One);
    }

    /// <summary>x W^T + b as one operator, which TorchSharp's <c>linear</c> is not.</summary>
    private static TorchTensor Multiply(Tensor x, TorchLinear weights)
        => weights.Bias.addmm(x.Matrix(), weights.Transposed, 1, 1);
}
