using static TorchSharp.torch.nn;

namespace CoDe.Engine.Compute.Torch.Operators;

internal static class LayerNorm
{
    private const double Epsilon = 1e-6;

    public static void Run(Tensor y, Tensor x, Tensor gain, Tensor shift, int rowsPerSequence)
    {
        var sequences = x.Rows / rowsPerSequence;
        using var normal = functional.layer_norm(x.Sequences(rowsPerSequence), [x.Columns], eps: Epsilon);
        using var modulated = shift.PerSequence(sequences).addcmul(normal, gain.PerSequence(sequences), Scalars.One);
        y.Sequences(rowsPerSequence).copy_(modulated);
    }
}
