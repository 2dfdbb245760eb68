using CoDe.Engine.Compute;
using CoDe.Engine.Weights;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace CoDe.Engine.Training;

/// <summary>Tensors in memory as a checkpoint that can be written.</summary>
internal sealed class TensorCheckpoint(
    string path, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    : Checkpoint(path)
{
    private readonly OrderedDictionary<string, TensorInfo> _infos = new(
        tensors.Select(tensor => KeyValuePair.Create(tensor.Key, new TensorInfo(
            ElementType.Float32, [.. tensor.Value.shape.Select(size => (int)size)]))),
        StringComparer.Ordinal);

    public override IReadOnlyDictionary<string, TensorInfo> Tensors => _infos;

    public override IReadOnlyDictionary<string, string> Metadata => metadata ?? base.Metadata;

    public override WeightSource Open(string name) => new Source(name, Find(_infos, name), tensors[name]);

    private sealed class Source(string name, TensorInfo info, Tensor tensor)
        : WeightSource(name, info.Type, info.Shape)
    {
        private readonly Tensor _values = Flatten(tensor);

        public override void Read(long start, Span<float> destination)
        {
            CheckRange(start, destination.Length);
            using var part = _values.narrow(0, start, destination.Length);
            part.data<float>().CopyTo(destination);
        }

        protected override void Dispose(bool disposing)
        {
            _values.Dispose();
            base.Dispose(disposing);
        }

        private static Tensor Flatten(Tensor tensor)
        {
            using var scope = NewDisposeScope();
            return tensor.detach().to(ScalarType.Float32, CPU, copy: true).contiguous().flatten()
                .MoveToOuterDisposeScope();
        }
    }
}
