using CoDe.Engine.Compute;

namespace CoDe.Engine.Var;

/// <summary>
/// The six AdaLN vectors of a block for every sequence, (sequences, width) each, in the order that <c>ada_lin</c>
/// yields them: rows of <see cref="ModulationTables"/>.
/// </summary>
/// <param name="vectors">(sequences, 6 x width)</param>
internal readonly struct Modulation(Tensor vectors, int width)
{
    public Tensor AttentionGate => vectors.ColumnRange(0, width);

    public Tensor FeedForwardGate => vectors.ColumnRange(width, width);

    public Tensor AttentionGain => vectors.ColumnRange(2 * width, width);

    public Tensor FeedForwardGain => vectors.ColumnRange(3 * width, width);

    public Tensor AttentionShift => vectors.ColumnRange(4 * width, width);

    public Tensor FeedForwardShift => vectors.ColumnRange(5 * width, width);

    /// <summary>Both gains, which <c>ada_lin</c> yields as scales: gain = 1 + scale.</summary>
    public Tensor Gains => vectors.ColumnRange(2 * width, 2 * width);
}
