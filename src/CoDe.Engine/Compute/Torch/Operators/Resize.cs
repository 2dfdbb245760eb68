using TorchSharp;
using TorchTensor = TorchSharp.torch.Tensor;

namespace CoDe.Engine.Compute.Torch.Operators;

/// <summary>
/// Resizing of square maps as a product with a matrix of (output pixels, input pixels) for each pair of sides.
/// </summary>
internal sealed class Resize(torch.Device device) : IDisposable
{
    private const double A = -0.75;

    private readonly Dictionary<(bool Bicubic, int From, int To), TorchTensor> _matrices = [];

    /// <summary>Keys' kernel with a = -0.75, half-pixel centres and a clamped border.</summary>
    public void Bicubic(Tensor y, Tensor x, int side, int finalSide)
        => Multiply(y, x, (true, side, finalSide), destination => Taps(destination, side, finalSide));

    /// <summary>Means from floor(i * n / m) up to ceil((i + 1) * n / m).</summary>
    public void Area(Tensor y, Tensor x, int finalSide, int side)
        => Multiply(y, x, (false, finalSide, side), destination => Covered(destination, finalSide, side));

    public void Dispose()
    {
        foreach (var matrix in _matrices.Values)
        {
            matrix.Dispose();
        }

        _matrices.Clear();
    }

    private static IEnumerable<(int Source, double Weight)> Taps(int destination, int side, int finalSide)
    {
        var source = ((destination + 0.5) * side / finalSide) - 0.5;
        var floor = (int)Math.Floor(source);
        var t = source - floor;
        double[] weights = [Outer(t + 1), Inner(t), Inner(1 - t), Outer(2 - t)];
        return weights.Select((weight, tap) => (Math.Clamp(floor - 1 + tap, 0, side - 1), weight));
    }

    private static IEnumerable<(int Source, double Weight)> Covered(int destination, int from, int to)
    {
        var (first, end) = (destination * from / to, (((destination + 1) * from) + to - 1) / to);
        return Enumerable.Range(first, end - first).Select(source => (source, 1.0 / (end - first)));
    }

    private static double Inner(double t) => ((((A + 2) * t) - (A + 3)) * t * t) + 1;

    private static double Outer(double t) => ((((((A * t) - (5 * A)) * t) + (8 * A)) * t) - (4 * A));

    private void Multiply(
        Tensor y, Tensor x, (bool Bicubic, int From, int To) sides,
        Func<int, IEnumerable<(int Source, double Weight)>> weights)
    {
        if (!_matrices.TryGetValue(sides, out var matrix))
        {
            _matrices[sides] = matrix = Create(sides.From, sides.To, weights);
        }

        var maps = x.Sequences(sides.From * sides.From);
        using var each = matrix.expand(maps.shape[0], -1, -1);
        using var product = each.bmm(maps);
        y.Sequences(sides.To * sides.To).copy_(product);
    }

    /// <summary>The product of what an axis does with what the other does.</summary>
    private TorchTensor Create(int from, int to, Func<int, IEnumerable<(int Source, double Weight)>> weights)
    {
        var values = new double[to * to * from * from];
        for (var pixel = 0; pixel < to * to; pixel++)
        {
            foreach (var (down, ofDown) in weights(pixel / to))
            {
                foreach (var (across, ofAcross) in weights(pixel % to))
                {
                    values[(((pixel * from) + down) * from) + across] += ofDown * ofAcross;
                }
            }
        }

        using var created = torch.tensor(values, to * to, from * from);
        return created.to(torch.ScalarType.Float32, device);
    }
}
