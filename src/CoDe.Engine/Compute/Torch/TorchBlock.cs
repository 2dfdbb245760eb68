using CoDe.Engine.Compute.Cpu;
using CoDe.Engine.Compute.Memory;
using CoDe.Engine.Compute.Torch.Native;
using static TorchSharp.torch;
using TorchTensor = TorchSharp.torch.Tensor;

namespace CoDe.Engine.Compute.Torch;

/// <summary>
/// A torch storage. Views of it are made once and kept, since a model asks for the same ones at each scale.
/// </summary>
internal sealed class TorchBlock : MemoryBlock
{
    /// <summary>
    /// Views of a generation. An operator uses a handful, so those that it holds are never older than the generation
    /// before.
    /// </summary>
    private const int MostViews = 4096;

    private readonly TorchTensor _storage;
    private readonly MemoryTally _tally;
    private Dictionary<ViewShape, TorchTensor> _views = [];
    private Dictionary<ViewShape, TorchTensor> _olderViews = [];

    private TorchBlock(ElementType type, long elements, TorchTensor storage, NativeBlock? native, MemoryTally tally)
        : base(type, elements)
    {
        (_storage, Native, _tally) = (storage, native, tally);
        tally.Take(Bytes);
    }

    /// <summary>The memory itself where it is the process's.</summary>
    public NativeBlock? Native { get; }

    private long Bytes => Elements * Type.Size();

    public static TorchBlock OfProcess(long elements, ElementType type, MemoryTally tally)
    {
        var native = new NativeBlock(elements, type);
        return new TorchBlock(
            type, elements, BorrowedMemory.AsTensor(native.Address, elements, type.ToTorch()), native, tally);
    }

    public static TorchBlock OfDevice(long elements, ElementType type, Device device, MemoryTally tally)
    {
        TorchThread.Enter();
        return new TorchBlock(type, elements, zeros(elements, type.ToTorch(), device), null, tally);
    }

    public TorchTensor View(in ViewShape shape)
    {
        TorchThread.Enter();
        if (_views.TryGetValue(shape, out var view))
        {
            return view;
        }

        if (_views.Count == MostViews)
        {
            Dispose(_olderViews);
            (_olderViews, _views) = (_views, _olderViews);
        }

        if (!_olderViews.Remove(shape, out view))
        {
            view = _storage.as_strided(shape.Sizes, shape.Strides, shape.Offset);
        }

        return _views[shape] = view;
    }

    protected override void Dispose(bool disposing)
    {
        Dispose(_views);
        Dispose(_olderViews);
        _storage.Dispose();
        Native?.Dispose();
        _tally.Free(Bytes);
    }

    private static void Dispose(Dictionary<ViewShape, TorchTensor> views)
    {
        foreach (var view in views.Values)
        {
            view.Dispose();
        }

        views.Clear();
    }
}
