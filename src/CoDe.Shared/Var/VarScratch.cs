using CoDe.Compute;

namespace CoDe.Var;

/// <summary>
/// The activations of one block at a time, each sized for the most rows that a pass has. Queries, keys, values and what attention makes of
/// them are done with before the feed-forward network starts, so its hidden layer lies over them.
/// </summary>
internal sealed class VarScratch(Arena arena, VarConfig config, int rows)
{
    private readonly Tensor _tokens = arena.Allocate(rows, config.Width);
    private readonly Tensor _normal = arena.Allocate(rows, config.Width);
    private readonly Tensor _wide = arena.Allocate(rows, Math.Max(4 * config.Width, config.HiddenWidth));

    /// <summary>The residual stream, x in the paper.</summary>
    public Tensor Tokens(int count) => _tokens.RowRange(0, count);

    public Tensor Normal(int count) => _normal.RowRange(0, count);

    public Tensor Queries(int count) => _wide.Part(0, count, config.Width);

    /// <summary>(count, 2 x width)</summary>
    public Tensor KeysValues(int count) => _wide.Part((long)rows * config.Width, count, 2 * config.Width);

    /// <summary>What attention yields.</summary>
    public Tensor Mixed(int count) => _wide.Part(3L * rows * config.Width, count, config.Width);

    public Tensor Hidden(int count) => _wide.Part(0, count, config.HiddenWidth);

    /// <summary>Embedded tokens on their way to the residual stream.</summary>
    public Tensor Embedded(int count) => _wide.Part(0, count, config.Width);
}
