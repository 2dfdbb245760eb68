using TorchSharp;
using TorchTensor = TorchSharp.torch.Tensor;

namespace CoDe.Engine.Compute.Torch.Operators;

/// <summary>
/// Masks of block-causal passes, one for each prefix that was read: 0 where a query sees a key, else -inf.
/// </summary>
internal sealed class CausalMasks(torch.ScalarType type, torch.Device device) : IDisposable
{
    private readonly List<(int First, int[] Ends, TorchTensor Mask)> _masks = [];

    /// <summary>(queries, keys); null where every query sees every key.</summary>
    public TorchTensor? Of(int first, ReadOnlySpan<int> ends)
    {
        if (ends.Length == 1)
        {
            return null;
        }

        foreach (var known in _masks)
        {
            if (known.First == first && ends.SequenceEqual(known.Ends))
            {
                return known.Mask;
            }
        }

        var mask = Create(first, ends);
        _masks.Add((first, ends.ToArray(), mask));
        return mask;
    }

    public void Dispose()
    {
        _masks.ForEach(each => each.Mask.Dispose());
        _masks.Clear();
    }

    private TorchTensor Create(int first, ReadOnlySpan<int> ends)
    {
        var (rows, keys, block) = (ends[^1] - first, ends[^1], 0);
        var values = new float[rows * keys];
        for (var row = 0; row < rows; row++)
        {
            block += first + row >= ends[block] ? 1 : 0;
            values.AsSpan((row * keys) + ends[block], keys - ends[block]).Fill(float.NegativeInfinity);
        }

        using var created = torch.tensor(values, rows, keys);
        return created.to(type, device);
    }
}
