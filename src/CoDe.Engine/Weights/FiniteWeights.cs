using System.Numerics.Tensors;
using CoDe.Engine.Compute;

namespace CoDe.Engine.Weights;

/// <summary>
/// Refuses a weight with NaN or infinity as it is read: nothing could be decoded with it but a wrong image.
/// </summary>
/// <param name="path">The checkpoint, for messages.</param>
/// <param name="source">Owned by this.</param>
internal sealed class FiniteWeights(string path, WeightSource source)
    : WeightSource(source.Name, source.Type, source.Shape)
{
    /// <exception cref="CheckpointException">A value is not finite.</exception>
    public override void Read(long start, Span<float> destination)
    {
        source.Read(start, destination);
        if (!TensorPrimitives.IsFiniteAll<float>(destination))
        {
            throw new CheckpointException($"{path}: {Name} has values that are NaN or infinite.");
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            source.Dispose();
        }

        base.Dispose(disposing);
    }
}
