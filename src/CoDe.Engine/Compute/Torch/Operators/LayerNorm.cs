using static TorchSharp.torch.nn;

namespace CoDe.Engine.Compute.Torch.Operators;

internal static class LayerNorm
{
    private const double Epsilon = 1e-6;

    public static void Run(Tensor y, Tensor x, Tensor scale, Tensor shift, int rowsPerSequence)
    {
        var sequences = x.Rows / rowsPerSequence;
        using var normal = functional.layer_norm(x.Sequences(rowsPerSequence), [x.Columns], eps: Epsilon);
        using var scaled = normal.addcmul(normal, scale.PerSequence(sequences), Scalars.One);
        scaled.add_(shift.PerSequence(sequences), Scalars.One);
        y.Sequences(rowsPerSequence).copy_(scaled);
    }
}
