using TorchSharp;
using TorchTensor = TorchSharp.torch.Tensor;

namespace CoDe.Engine.Compute.Torch.Operators;

/// <summary>
/// Resizing of square maps as a product with a matrix of (output pixels, input pixels) for each pair of sides.
/// </summary>
internal sealed class Resize(torch.Device device) : IDisposable
{
    private readonly Dictionary<(bool Bicubic, int From, int To), TorchTensor> _matrices = [];

    public void Bicubic(Tensor y, Tensor x, int side, int finalSide) => Multiply(y, x, (true, side, finalSide));

    public void Area(Tensor y, Tensor x, int finalSide, int side) => Multiply(y, x, (false, finalSide, side));

    public void Dispose()
    {
        foreach (var matrix in _matrices.Values)
        {
            matrix.Dispose();
        }

        _matrices.Clear();
    }

    private void Multiply(Tensor y, Tensor x, (bool Bicubic, int From, int To) sides)
    {
        if (!_matrices.TryGetValue(sides, out var matrix))
        {
            _matrices[sides] = matrix = sides.Bicubic
                ? ResizeMatrix.Bicubic(sides.From, sides.To, torch.ScalarType.Float32, device)
                : ResizeMatrix.Area(sides.From, sides.To, torch.ScalarType.Float32, device);
        }

        var maps = x.Sequences(sides.From * sides.From);
        using var each = matrix.expand(maps.shape[0], -1, -1);
        using var product = each.bmm(maps);
        y.Sequences(sides.To * sides.To).copy_(product);
    }
}
