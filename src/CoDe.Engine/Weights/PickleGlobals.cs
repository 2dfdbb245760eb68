using CoDe.Engine.Compute;

namespace CoDe.Engine.Weights;

/// <summary>
/// The calls of a pickle that make tensors and dictionaries, and what they yield. All others yield a
/// <see cref="PickleInert"/>; nothing is ever run.
/// </summary>
internal static class PickleGlobals
{
    private const string Rebuild = "torch._utils._rebuild_tensor_v2";
    private const string Parameter = "torch._utils._rebuild_parameter";
    private const string OrderedDictionary = "collections.OrderedDict";
    private const string DefaultDictionary = "collections.defaultdict";
    private const string Size = "torch.Size";
    private const string StoragePrefix = "torch.";
    private const string StorageSuffix = "Storage";

    private static readonly Dictionary<string, ElementType> Storages = new(StringComparer.Ordinal)
    {
        ["torch.FloatStorage"] = ElementType.Float32,
        ["torch.HalfStorage"] = ElementType.Float16,
        ["torch.BFloat16Storage"] = ElementType.BFloat16,
        ["torch.DoubleStorage"] = ElementType.Float64,
        ["torch.LongStorage"] = ElementType.Int64,
        ["torch.IntStorage"] = ElementType.Int32,
        ["torch.ShortStorage"] = ElementType.Int16,
        ["torch.CharStorage"] = ElementType.Int8,
        ["torch.ByteStorage"] = ElementType.UInt8,
        ["torch.BoolStorage"] = ElementType.Bool,
    };

    /// <summary>The value of a call, or null where the arguments are not what the callable takes.</summary>
    public static object? Call(string callable, PickleList arguments) => (callable, arguments.Items) switch
    {
        (DefaultDictionary, _) => new PickleDictionary([]),
        (OrderedDictionary, []) => new PickleDictionary([]),
        (OrderedDictionary, [PickleList pairs]) => Dictionary(pairs),
        (Size, [PickleList sizes]) => sizes,
        (Parameter, [PickleTensor or PickleInert, ..]) => arguments.Items[0],
        (Rebuild, [PickleStorage storage, long offset, PickleList sizes, PickleList strides, ..])
            => Tensor(storage, offset, sizes, strides),
        (Rebuild, [PickleInert, ..]) => new PickleInert(callable),
        (Rebuild or Parameter or OrderedDictionary or Size, _) => null,
        _ => Storages.ContainsKey(callable) ? null : new PickleInert(callable),
    };

    /// <summary>
    /// Reads the storage of a persistent id ('storage', type, key, device, elements), or null for any other id.
    /// </summary>
    public static PickleStorage? Storage(object? id)
        => id is PickleList { Items: ["storage", PickleGlobal type, string key, string, long elements, ..] }
            && elements >= 0
                ? Storage(type.Name, key, elements)
                : null;

    private static PickleStorage? Storage(string type, string key, long elements)
        => Storages.TryGetValue(type, out var element) ? new PickleStorage(element, key, elements)
            : type.StartsWith(StoragePrefix, StringComparison.Ordinal)
                && type.EndsWith(StorageSuffix, StringComparison.Ordinal)
                ? new PickleStorage(ElementType.Foreign, key, elements, type)
                : null;

    private static PickleDictionary? Dictionary(PickleList pairs)
    {
        var items = new List<KeyValuePair<object?, object?>>();
        foreach (var pair in pairs.Items)
        {
            if (pair is not PickleList { Items: [var key, var value] })
            {
                return null;
            }

            items.Add(new(key, value));
        }

        return new PickleDictionary(items);
    }

    private static PickleTensor? Tensor(PickleStorage storage, long offset, PickleList sizes, PickleList strides)
        => sizes.Items.All(size => size is long)
            && strides.Items.All(stride => stride is long) && sizes.Items.Count == strides.Items.Count
            ? new PickleTensor(storage, offset, [.. sizes.Items.Cast<long>()], [.. strides.Items.Cast<long>()])
            : null;
}
