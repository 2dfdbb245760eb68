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
        var (normal, mixed, hidden) = (scratch.Normal(x.Rows), scratch.Mixed(x.Rows), scratch.Hidden(x.Rows));

        var queries = QueriesAndStore(x, scratch, first, rows);
        backend.Attention(
            mixed, queries, cache, layer, weights.AttentionScale, config.NormalizedAttention, first, ends);
        backend.LinearGatedResidual(x, mixed, weights.Projection, modulation.AttentionGate, rows);

        backend.LayerNorm(normal, x, modulation.FeedForwardScale, modulation.FeedForwardShift, rows);
        backend.LinearGelu(hidden, normal, weights.Up, rows);
        backend.LinearGatedResidual(x, hidden, weights.Down, modulation.FeedForwardGate, rows);
    }

    /// <summary>Stores keys and values, which is all that a prefix needs of the last block.</summary>
    public void ForwardKeysValues(Tensor x, VarScratch scratch, int first, int rows)
        => QueriesAndStore(x, scratch, first, rows);

    /// <returns>(sequences x positions, width)</returns>
    private Tensor QueriesAndStore(Tensor x, VarScratch scratch, int first, int rows)
    {
        var (normal, queriesKeysValues) = (scratch.Normal(x.Rows), scratch.QueriesKeysValues(x.Rows));
        backend.LayerNorm(normal, x, modulation.AttentionScale, modulation.AttentionShift, rows);
        backend.Linear(queriesKeysValues, normal, weights.QueryKeyValue, rows);
        backend.StoreKeysValues(
            cache, layer, queriesKeysValues.ColumnRange(config.Width, 2 * config.Width),
            first, rows, config.NormalizedAttention);
        return queriesKeysValues.ColumnRange(0, config.Width);
    }
}
