using System.Globalization;
using CoDe.Engine.Compute;
using CoDe.Flow;

namespace CoDe.Engine.Weights;

/// <summary>
/// File of <c>torch.save</c>: a zip of a pickle and the tensors' bytes. It holds a state dict, or dictionaries of them
/// as training code writes; nested names are joined with dots.
/// </summary>
public sealed class PthFile : Checkpoint
{
    /// <summary>
    /// Largest pickle. That of a published state dict has a hundred kilobytes, with an optimizer's state a few times
    /// that.
    /// </summary>
    private const long LargestPickle = 64 << 20;

    private const int DeepestNesting = 6;
    private const string PickleName = "data.pkl";

    private readonly CheckpointFile _file;
    private readonly ZipDirectory _zip;
    private readonly string _root;
    private readonly Dictionary<string, TensorInfo> _infos = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PickleTensor> _tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _inert = new(StringComparer.Ordinal);
    private long _entriesLeft;

    internal PthFile(CheckpointFile file)
        : base(file.Path)
    {
        _file = file;
        _zip = new ZipDirectory(file);
        var pickle = _zip.Entries.Values
            .Where(entry => entry.Name == PickleName || entry.Name.EndsWith("/" + PickleName, StringComparison.Ordinal))
            .OrderBy(entry => entry.Name.Length).FirstOrDefault();
        if (pickle.Name is null || pickle.Size > LargestPickle)
        {
            throw file.Invalid(pickle.Name is null
                ? $"it is a zip without {PickleName}, so not from torch.save"
                : $"its {PickleName} of {pickle.Size} bytes is no state dict's");
        }

        _root = pickle.Name[..^PickleName.Length];
        CheckByteOrder();
        var bytes = new byte[pickle.Size];
        file.Read(pickle.Offset, bytes);
        _entriesLeft = bytes.Length;
        Collect("", new PickleReader(bytes, file.Path).Read(), 0);
    }

    public override IReadOnlyDictionary<string, TensorInfo> Tensors => _infos;

    public override WeightSource Open(string name)
    {
        var (tensor, info) = (Find(_tensors, name), Readable(name, Find(_infos, name)));
        var offset = Entry(tensor).Offset + (tensor.Offset * info.Type.Size());
        return tensor.IsContiguous()
            ? new FileTensor(_file, name, info, offset)
            : new StridedTensor(_file, name, info, offset, tensor.Strides);
    }

    public override string? ReasonMissing(string name)
        => _inert.TryGetValue(name, out var callable)
            ? $"it is made by calling {Printable.Of(callable)}, which is never run"
            : null;

    protected override void Dispose(bool disposing)
    {
        _file.Dispose();
        base.Dispose(disposing);
    }

    private void CheckByteOrder()
    {
        if (_zip.Entries.TryGetValue(_root + "byteorder", out var entry) && entry.Size is > 0 and < 16)
        {
            var order = new byte[entry.Size];
            _file.Read(entry.Offset, order);
            if (!order.AsSpan().StartsWith("little"u8))
            {
                throw _file.Invalid("it was saved on a big-endian machine, which is not supported");
            }
        }
    }

    /// <summary>
    /// Walks the dictionaries. Each entry took at least a byte of the pickle, so more entries than bytes means that
    /// dictionaries are shared or hold themselves.
    /// </summary>
    private void Collect(string name, object? value, int depth)
    {
        if (value is PickleTensor tensor)
        {
            Add(name, tensor);
        }
        else if (value is PickleInert inert)
        {
            _inert.TryAdd(name, inert.Callable);
        }
        else if (value is PickleDictionary dictionary && depth <= DeepestNesting)
        {
            foreach (var (key, item) in dictionary.Items)
            {
                if (--_entriesLeft < 0)
                {
                    throw _file.Invalid("its pickle holds the same dictionaries over and over");
                }

                if (item is PickleTensor or PickleDictionary or PickleInert && KeyText(key) is { } text)
                {
                    Collect(name.Length == 0 ? text : $"{name}.{text}", item, depth + 1);
                }
            }
        }
    }

    private static string? KeyText(object? key) => key switch
    {
        string text when text.Length <= 512 => text,
        long number => number.ToString(CultureInfo.InvariantCulture),
        _ => null,
    };

    private void Add(string name, PickleTensor tensor)
    {
        var (storage, entry) = (tensor.Storage, Entry(tensor));
        var count = TensorShape.Count(tensor.Sizes);
        var extent = count is null ? null : Extent(tensor);
        if (extent is null || tensor.Offset < 0
            || storage.Elements > entry.Size / (storage.Type == ElementType.Foreign ? 1 : storage.Type.Size())
            || extent > storage.Elements - tensor.Offset)
        {
            throw _file.Corrupt(
                entry.Offset,
                $"{name} of shape {string.Join(" x ", tensor.Sizes.Take(20))} from element {tensor.Offset} "
                + $"does not lie in {storage.Elements} {storage.Type} of {entry.Size} bytes");
        }

        if (!_tensors.TryAdd(name, tensor))
        {
            throw _file.Invalid($"{name} stands in it twice");
        }

        var shape = tensor.Sizes.Select(size => (int)size);
        _infos[name] = new TensorInfo(
            storage.Type, [.. shape], storage.TypeName is { } type ? Printable.Of(type) : null);
    }

    /// <summary>Elements from a tensor's first to its last, or null where the strides make no sense.</summary>
    private static long? Extent(PickleTensor tensor)
    {
        if (tensor.Sizes.Contains(0))
        {
            return 0;
        }

        Int128 last = 0;
        foreach (var (size, stride) in tensor.Sizes.Zip(tensor.Strides))
        {
            last += stride < 0 ? Int128.MaxValue / 32 : (Int128)(size - 1) * stride;
        }

        return last < long.MaxValue ? (long)last + 1 : null;
    }

    private ZipEntry Entry(PickleTensor tensor)
        => _zip.Entries.TryGetValue($"{_root}data/{tensor.Storage.Key}", out var entry)
        ? entry
        : throw _file.Invalid(
            $"its tensor data {tensor.Storage.Key[..Math.Min(tensor.Storage.Key.Length, 64)]} is missing");
}
