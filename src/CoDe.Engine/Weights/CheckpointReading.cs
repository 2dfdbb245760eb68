using CoDe.Engine.Compute;

namespace CoDe.Engine.Weights;

/// <summary>Reads tensors of a checkpoint onto a device.</summary>
public static class CheckpointReading
{
    /// <summary>A small tensor, whole.</summary>
    public static float[] ReadAll(this Checkpoint checkpoint, string name)
    {
        using var source = checkpoint.Open(name);
        return source.ReadAll();
    }

    /// <summary>Opens a tensor that is computed with.</summary>
    public static WeightSource OpenWeight(this Checkpoint checkpoint, string name)
        => new FiniteWeights(checkpoint.Path, checkpoint.Open(name));

    /// <summary>Reads a small tensor that is computed with, whole.</summary>
    /// <exception cref="CheckpointException">A value is not finite.</exception>
    public static float[] ReadWeight(this Checkpoint checkpoint, string name)
    {
        using var source = checkpoint.OpenWeight(name);
        return source.ReadAll();
    }

    /// <summary>
    /// Reads a table of (rows, columns) float32; columns is the tensor's last dimension unless given.
    /// </summary>
    public static Tensor ReadTable(
        this Checkpoint checkpoint, IBackend backend, Arena arena, string name, int? columns = null)
    {
        var values = checkpoint.ReadWeight(name);
        var width = columns ?? checkpoint.Tensors[name].Shape[^1];
        var table = arena.Allocate(values.Length / width, width);
        backend.Upload(table, values);
        return table;
    }

    /// <summary>The linear layer <c>name.weight</c>, <c>name.bias</c>.</summary>
    public static LinearWeights ReadLinear(
        this Checkpoint checkpoint, IBackend backend, Arena arena, string name, ElementType? read = null)
    {
        using var weight = checkpoint.OpenWeight(name + ".weight");
        return backend.PackLinear(arena, weight, checkpoint.ReadWeight(name + ".bias"), read: read);
    }

    /// <summary>The convolution <c>name.weight</c>, <c>name.bias</c>, blended with the identity.</summary>
    public static ConvolutionWeights ReadConvolution(
        this Checkpoint checkpoint, IBackend backend, Arena arena, string name,
        ConvolutionWalk walk = ConvolutionWalk.Same, float blend = 1, ElementType? read = null)
    {
        using var weight = checkpoint.OpenWeight(name + ".weight");
        return backend.PackConvolution(arena, weight, checkpoint.ReadWeight(name + ".bias"), walk, blend, read);
    }

    private static float[] ReadAll(this WeightSource source)
    {
        var values = new float[source.Count];
        source.Read(0, values);
        return values;
    }
}
