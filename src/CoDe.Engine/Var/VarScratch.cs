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

    /// <summary>The residual stream, x in the paper.</summary>
    public Tensor Tokens(int count) => _tokens.RowRange(0, count);

    public Tensor Normal(int count) => _normal.RowRange(0, count);

    public Tensor Queries(int count) => Wide(count, 0, config.Width);

    /// <summary>(count, 2 x width)</summary>
    public Tensor KeysValues(int count) => Wide(count, config.Width, 2 * config.Width);

    /// <summary>Output of attention.</summary>
    public Tensor Mixed(int count) => Wide(count, 3 * config.Width, config.Width);

    public Tensor Hidden(int count) => Wide(count, 0, config.HiddenWidth);

    /// <summary>Embedded tokens on their way to the residual stream, in its type.</summary>
    public Tensor Embedded(int count) => _wide.As(ElementType.Float32).RowRange(0, count).ColumnRange(0, config.Width);

    private Tensor Wide(int count, int firstColumn, int columns)
        => _wide.RowRange(0, count).ColumnRange(firstColumn, columns);
}
