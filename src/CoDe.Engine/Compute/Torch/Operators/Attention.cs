using TorchSharp;
using static TorchSharp.torch.nn;
using TorchTensor = TorchSharp.torch.Tensor;

namespace CoDe.Engine.Compute.Torch.Operators;

internal static class Attention
{
    public static void StoreKeysValues(
        Tensor queriesKeysValues, TorchCache cache, int layer, TorchScale scale, int first, int rowsPerSequence)
    {
        var width = queriesKeysValues.Columns / 3;
        if (scale.Normalize)
        {
            var keys = queriesKeysValues.ColumnRange(width, width).HeadsOfRows(cache.HeadWidth);
            using var norms = Norms(keys);
            keys.div_(norms);
        }

        Store(queriesKeysValues, cache, layer, first, rowsPerSequence);
    }

    /// <param name="mask">(queries, keys); null where every query sees every key.</param>
    public static void Run(
        Tensor y, Tensor queriesKeysValues, TorchCache cache, int layer, TorchScale scale,
        int first, int end, TorchTensor? mask)
    {
        var (width, rows) = (queriesKeysValues.Columns / 3, end - first);
        Scale(queriesKeysValues, cache.HeadWidth, scale);
        Store(queriesKeysValues, cache, layer, first, rows);

        // (sequences, heads, rows, head width)
        var queries = queriesKeysValues.ColumnRange(0, width).Heads(rows, cache.HeadWidth);
        var sequences = y.Rows / rows;
        var (keys, values) = (cache.Keys(layer, sequences, end), cache.Values(layer, sequences, end));
        using var mixed = y.Type == ElementType.Float32
            ? Exact(queries, keys, values, scale, mask)
            : functional.scaled_dot_product_attention(queries, keys, values, mask);
        y.Heads(rows, cache.HeadWidth).copy_(mixed);
    }

    /// <summary>
    /// Attention of single operators. libtorch's fused one for the CPU computes exponentials to 20 units in the last
    /// place, which is nothing to 16-bit types, and too much for float32. TorchSharp's <c>matmul</c> would end the
    /// process where it fails, such as for lack of memory.
    /// </summary>
    private static TorchTensor Exact(
        TorchTensor queries, TorchTensor keys, TorchTensor values, TorchScale scale, TorchTensor? mask)
    {
        // (sequences x heads, rows, head width)
        using var eachQueries = queries.flatten(0, 1);
        using var eachKeys = keys.flatten(0, 1);
        using var eachValues = values.flatten(0, 1);
        using var transposed = eachKeys.transpose(-1, -2);
        using var scores = eachQueries.bmm(transposed);
        scores.mul_(scale.OfFusedAttention);
        if (mask is not null)
        {
            scores.add_(mask, Scalars.One);
        }

        using var weights = scores.softmax(-1);
        using var mixed = weights.bmm(eachValues);
        return mixed.view(queries.shape);
    }

    /// <summary>Scales queries, and normalises them and keys where the scale says so.</summary>
    private static void Scale(Tensor queriesKeysValues, int headWidth, TorchScale scale)
    {
        var width = queriesKeysValues.Columns / 3;
        if (!scale.Normalize)
        {
            queriesKeysValues.ColumnRange(0, width).HeadsOfRows(headWidth).mul_(scale.OfQueries);
            return;
        }

        var queriesKeys = queriesKeysValues.ColumnRange(0, 2 * width).HeadsOfRows(headWidth);
        using var norms = Norms(queriesKeys);
        using var factors = scale.OfQueriesAndKeys.div(norms);
        queriesKeys.mul_(factors);
    }

    /// <summary>
    /// Norms in float32, (rows, heads, 1): a rounding of a norm would be one of all scores of its query or key.
    /// </summary>
    private static TorchTensor Norms(TorchTensor heads)
    {
        using var wide = heads.to(torch.ScalarType.Float32);
        return wide.norm(dim: -1, keepdim: true).clamp_(Scalars.SmallestNorm);
    }

    private static void Store(Tensor queriesKeysValues, TorchCache cache, int layer, int first, int rows)
    {
        var width = queriesKeysValues.Columns / 3;
        cache.Slots(layer, queriesKeysValues.Rows / rows, first, rows)
            .copy_(queriesKeysValues.ColumnRange(width, 2 * width).KeysAndValues(rows, cache.HeadWidth));
    }
}
