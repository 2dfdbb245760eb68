using CoDe.Engine.Weights;
using CoDe.Flow;

namespace CoDe.Cli.Verify;

/// <summary>The tensors of one golden file.</summary>
internal sealed class GoldenTensors(string path) : IDisposable
{
    private readonly Checkpoint _file = Checkpoint.OpenFile(path);

    public string Path => path;

    public bool Has(string name) => _file.Tensors.ContainsKey(name);

    public float[] Floats(string name)
        => Has(name) ? _file.ReadAll(name) : throw new CheckpointException($"{path} has no tensor {name}.");

    public int[] Integers(string name) => [.. Floats(name).Select(value => (int)value)];

    /// <summary>Images as the decoder makes them, (side, side, 3), from (images, 3, side, side).</summary>
    public IEnumerable<float[]> Images(string name)
    {
        var side = _file.Tensors[name].Shape[^1];
        return Floats(name).Chunk(3 * side * side).Select(image => ToPixels(image, side * side));
    }

    public IEnumerable<FeatureMap> FeatureMaps(string name)
    {
        var shape = _file.Tensors[name].Shape;
        return Floats(name).Chunk(shape[1] * shape[2] * shape[3])
            .Select(values => new FeatureMap(shape[1], shape[2], values));
    }

    public void Dispose() => _file.Dispose();

    private static float[] ToPixels(float[] planes, int pixels)
    {
        var image = new float[planes.Length];
        for (var i = 0; i < planes.Length; i++)
        {
            image[(i % pixels * 3) + (i / pixels)] = planes[i];
        }

        return image;
    }
}
