using CoDe.Engine.Compute;

namespace CoDe.Engine.Var;

/// <summary>
/// Transformer block (<c>AdaLNSelfAttn</c>): attention, then a feed-forward network, each normalised, modulated and
/// gated by the label.
/// </summary>
internal readonly ref struct VarBlock(
    IBackend backend, VarBlockWeights weights, Modulation modulation, KeyValueCache cache, int layer)
{
    /// <summary>
    /// Adds gate1 * attention(norm(x)), then gate2 * ffn(norm(x)), to positions [first, ends[^1]) of every sequence.
    /// </summary>
    /// <param name="x">(sequences x positions, width)</param>
    public void Forward(Tensor x, VarScratch scratch, int first, ReadOnlySpan<int> ends)
    {
        var rows = ends[^1] - first;
        var (normal, queriesKeysValues) = (scratch.Normal(x.Rows), scratch.QueriesKeysValues(x.Rows));
        var (mixed, hidden) = (scratch.Mixed(x.Rows), scratch.Hidden(x.Rows));

        backend.LayerNorm(normal, x, modulation.AttentionGain, modulation.AttentionShift, rows);
        backend.Linear(queriesKeysValues, normal, weights.QueryKeyValue, rows);
        backend.Attention(mixed, queriesKeysValues, cache, layer, weights.AttentionScale, first, ends);
        backend.LinearGatedResidual(x, mixed, weights.Projection, modulation.AttentionGate, rows);

        backend.LayerNorm(normal, x, modulation.FeedForwardGain, modulation.FeedForwardShift, rows);
        backend.LinearGelu(hidden, normal, weights.Up, rows);
        backend.LinearGatedResidual(x, hidden, weights.Down, modulation.FeedForwardGate, rows);
    }

    /// <summary>Stores keys and values, which is all that a prefix needs of the last block.</summary>
    public void ForwardKeysValues(Tensor x, VarScratch scratch, int first, int rows)
    {
        var (normal, queriesKeysValues) = (scratch.Normal(x.Rows), scratch.QueriesKeysValues(x.Rows));
        backend.LayerNorm(normal, x, modulation.AttentionGain, modulation.AttentionShift, rows);
        backend.Linear(queriesKeysValues, normal, weights.QueryKeyValue, rows);
        backend.StoreKeysValues(queriesKeysValues, cache, layer, weights.AttentionScale, first, rows);
    }
}
