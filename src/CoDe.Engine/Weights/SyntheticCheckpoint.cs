using System.Numerics;
using CoDe.Engine.Compute;

namespace CoDe.Engine.Weights;

/// <summary>
/// Reproducible random weights, uniform in [-0.03, 0.03] as the published implementation's benchmark fills its models.
/// A value is a hash of tensor and element, so none is kept in memory.
/// </summary>
public sealed class SyntheticCheckpoint(
    string name, IReadOnlyList<(string Name, IReadOnlyList<int> Shape)> tensors, uint seed) : Checkpoint(name)
{
    private readonly Dictionary<string, TensorInfo> _tensors = tensors.ToDictionary(
        tensor => tensor.Name, tensor => new TensorInfo(ElementType.Float32, tensor.Shape));

    public override IReadOnlyDictionary<string, TensorInfo> Tensors => _tensors;

    public override WeightSource Open(string name) => new Source(name, Find(_tensors, name).Shape, Hash(name));

    /// <summary>FNV-1a, the same in every process.</summary>
    private uint Hash(string name)
    {
        var hash = 2166136261 ^ seed;
        foreach (var character in name)
        {
            hash = (hash ^ character) * 16777619;
        }

        return hash;
    }

    private sealed class Source(string name, IReadOnlyList<int> shape, uint key)
        : WeightSource(name, ElementType.Float32, shape)
    {
        private const float Largest = 0.03f;

        public override void Read(long start, Span<float> destination)
        {
            var i = 0;
            var lanes = Vector<uint>.Count;
            for (; i <= destination.Length - lanes && (uint)(start + i) <= uint.MaxValue - lanes; i += lanes)
            {
                var index = Vector.CreateSequence((uint)(start + i), 1u) + new Vector<uint>(High(start + i));
                ToUniform(Mix(index)).CopyTo(destination[i..]);
            }

            for (; i < destination.Length; i++)
            {
                destination[i] = ToUniform(Mix(new Vector<uint>((uint)(start + i) + High(start + i))))[0];
            }
        }

        private uint High(long index) => key + ((uint)(index >> 32) * 0x9e3779b9);

        private static Vector<uint> Mix(Vector<uint> hash)
        {
            hash = (hash ^ (hash >>> 16)) * 0x7feb352d;
            hash = (hash ^ (hash >>> 15)) * 0x846ca68b;
            return hash ^ (hash >>> 16);
        }

        private static Vector<float> ToUniform(Vector<uint> hash)
            => (Vector.ConvertToSingle(Vector.AsVectorInt32(hash >>> 8)) * (2 * Largest / (1 << 24)))
                - new Vector<float>(Largest);
    }
}
