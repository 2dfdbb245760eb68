using CoDe.Engine.Compute;

namespace CoDe.Engine.Var;

/// <summary>
/// The activations of one block at a time, each sized for the most rows that a pass has. Attention and its inputs are
/// complete before the feed-forward network starts, so its hidden layer shares their memory.
/// </summary>
internal sealed class VarScratch(Arena arena, ElementType activations, VarConfig config, int rows)
{
    private readonly Tensor _tokens = arena.AllocateRows(rows, config.Width);
    private readonly Tensor _normal = arena.AllocateRows(rows, config.Width, activations);
    private readonly Tensor _wide = arena.AllocateRows(
        rows, Math.Max(4 * config.Width, config.HiddenWidth), activations);
    private readonly Tensor _embedded = arena.AllocateRows(
        activations == ElementType.Float32 ? 0 : rows, config.Width);

    /// <summary>The residual stream, x in the paper.</summary>
    public Tensor Tokens(int count) => _tokens.RowRange(0, count);

    public Tensor Normal(int count) => _normal.RowRange(0, count);

    /// <summary>(count, 3 x width)</summary>
    public Tensor QueriesKeysValues(int count) => Wide(count, 0, 3 * config.Width);

    /// <summary>Output of attention.</summary>
    public Tensor Mixed(int count) => Wide(count, 3 * config.Width, config.Width);

    public Tensor Hidden(int count) => Wide(count, 0, config.HiddenWidth);

    /// <summary>Input of the head, in float32: a rounding of logits changes tokens.</summary>
    public Tensor WideNormal(int count)
        => activations == ElementType.Float32 ? Normal(count) : _embedded.RowRange(0, count);

    /// <summary>Embedded tokens on their way to the residual stream, in its type.</summary>
    public Tensor Embedded(int count)
        => activations == ElementType.Float32 ? Wide(count, 0, config.Width) : _embedded.RowRange(0, count);

    private Tensor Wide(int count, int firstColumn, int columns)
        => _wide.RowRange(0, count).ColumnRange(firstColumn, columns);
}
