using TorchSharp;
using TorchTensor = TorchSharp.torch.Tensor;

namespace CoDe.Engine.Compute.Torch.Operators;

/// <summary>Matrices that resize square maps: (output pixels, input pixels).</summary>
internal static class ResizeMatrix
{
    private const double A = -0.75;

    /// <summary>Keys' kernel with a = -0.75, half-pixel centres and a clamped border.</summary>
    public static TorchTensor Bicubic(int from, int to, torch.ScalarType type, torch.Device device)
        => Create(from, to, destination => Taps(destination, from, to), type, device);

    /// <summary>Means from floor(i * n / m) up to ceil((i + 1) * n / m).</summary>
    public static TorchTensor Area(int from, int to, torch.ScalarType type, torch.Device device)
        => Create(from, to, destination => Covered(destination, from, to), type, device);

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

    /// <summary>The product of what an axis does with what the other does.</summary>
    private static TorchTensor Create(
        int from, int to, Func<int, IEnumerable<(int Source, double Weight)>> weights,
        torch.ScalarType type, torch.Device device)
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
        return created.to(type, device, copy: true);
    }
}
