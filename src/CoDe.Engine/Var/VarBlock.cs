using CoDe.Engine.Compute;

namespace CoDe.Engine.Var;

/// <summary>
/// Transformer block (<c>AdaLNSelfAttn</c>): attention, then a feed-forward network, each normalised, modulated and
/// gated by the label.
/// </summary>
internal readonly ref struct VarBlock(
    IBackend backend, VarConfig config, VarBlockWeights weights, Modulation modulation, KeyValueCache cache, int layer)
{
    /// <summary>
    /// Adds gate1 * attention(norm(x)), then gate2 * ffn(norm(x)), to positions [first, ends[^1]) of every sequence.
    /// </summary>
    /// <param name="x">(sequences x positions, width)</param>
    public void Forward(Tensor x, VarScratch scratch, int first, ReadOnlySpan<int> ends)
    {
        var rows = ends[^1] - first;
        var (normal, queries, mixed, hidden) =
            (scratch.Normal(x.Rows), scratch.Queries(x.Rows), scratch.Mixed(x.Rows), scratch.Hidden(x.Rows));

        backend.LayerNorm(normal, x, modulation.AttentionScale, modulation.AttentionShift, rows);
        StoreKeysValues(normal, scratch, first, rows);
        backend.Linear(queries, normal, weights.Query, rows);
        backend.Attention(
            mixed, queries, cache, layer, weights.AttentionScale, config.NormalizedAttention, first, ends);
        backend.LinearGatedResidual(x, mixed, weights.Projection, modulation.AttentionGate, rows);

        backend.LayerNorm(normal, x, modulation.FeedForwardScale, modulation.FeedForwardShift, rows);
        backend.LinearGelu(hidden, normal, weights.Up, rows);
        backend.LinearGatedResidual(x, hidden, weights.Down, modulation.FeedForwardGate, rows);
    }

    /// <summary>Computes only keys and values, which is all that a prefix needs of the last block.</summary>
    public void ForwardKeysValues(Tensor x, VarScratch scratch, int first, int rows)
    {
        var normal = scratch.Normal(x.Rows);
        backend.LayerNorm(normal, x, modulation.AttentionScale, modulation.AttentionShift, rows);
        StoreKeysValues(normal, scratch, first, rows);
    }

    private void StoreKeysValues(Tensor normal, VarScratch scratch, int first, int rows)
    {
        var keysValues = scratch.KeysValues(normal.Rows);
        backend.Linear(keysValues, normal, weights.KeyValue, rows);
        backend.StoreKeysValues(cache, layer, keysValues, first, rows, config.NormalizedAttention);
    }
}
