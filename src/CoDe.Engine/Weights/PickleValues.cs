using CoDe.Engine.Compute;

namespace CoDe.Engine.Weights;

/// <summary>A name that a pickle imports. Nothing is imported.</summary>
internal sealed record PickleGlobal(string Name);

/// <summary>Stands for what a call would make. Nothing is ever called.</summary>
/// <param name="Callable">Name of the function or class.</param>
internal sealed record PickleInert(string Callable);

/// <summary>A tuple or a list.</summary>
internal sealed record PickleList(List<object?> Items);

/// <summary>A dictionary in the order of its entries.</summary>
internal sealed record PickleDictionary(List<KeyValuePair<object?, object?>> Items);

/// <summary>The bytes that tensors lie in: an entry <c>data/KEY</c> of the zip.</summary>
/// <param name="TypeName">Name of a type that cannot be read; null for others.</param>
internal sealed record PickleStorage(ElementType Type, string Key, long Elements, string? TypeName = null);

/// <summary>A view of a storage.</summary>
internal sealed record PickleTensor(PickleStorage Storage, long Offset, long[] Sizes, long[] Strides)
{
    /// <summary>Tells whether elements lie row-major without gaps, as state dicts are saved.</summary>
    public bool IsContiguous()
    {
        var expected = 1L;
        for (var i = Sizes.Length - 1; i >= 0; i--)
        {
            if (Sizes[i] != 1 && Strides[i] != expected)
            {
                return Sizes.Contains(0);
            }

            expected *= Sizes[i];
        }

        return true;
    }
}
