namespace CoDe.Engine.Compute.Cpu;

/// <summary>
/// Keys lie in panels of some positions by all head channels, values in panels of some channels by all positions: both
/// are then the right side of a tile's product, queries x keys and weights x values. In bfloat16 the channels of a key
/// and the positions of values lie in pairs.
/// </summary>
/// <remarks>
/// Positions from <see cref="Kept"/> on are stored once for all layers: each layer reads what it has just stored.
/// </remarks>
/// <param name="kept">Positions that outlast the pass through the layers that stores them, at least.</param>
/// <param name="width">Lanes of a panel, even.</param>
internal sealed unsafe class CpuCache(
    Arena arena, int layers, int sequences, int positions, int kept, int heads, int headWidth, ElementType type,
    int width)
    : KeyValueCache(layers, sequences, positions, heads, headWidth)
{
    private readonly CpuTensor _keys = arena.Allocate(
        layers * sequences * heads, KeptOf(positions, kept, width) * headWidth, type);
    private readonly CpuTensor _values = arena.Allocate(
        layers * sequences * heads, RoundUp(headWidth, width) * KeptOf(positions, kept, width), type);
    private readonly CpuTensor _lastKeys = arena.Allocate(
        sequences * heads, LastOf(positions, kept, width) * headWidth, type);
    private readonly CpuTensor _lastValues = arena.Allocate(
        sequences * heads, RoundUp(headWidth, width) * LastOf(positions, kept, width), type);

    /// <summary>Gets the first position that is stored once for all layers: whole panels.</summary>
    public int Kept { get; } = KeptOf(positions, kept, width);

    public ElementType Type => type;

    /// <summary>Panel of the keys of positions [panel * width, ...): (headWidth, width).</summary>
    public byte* KeyPanel(int layer, int sequence, int head, int panel)
        => panel * width < Kept
            ? Panel(_keys, Row(layer, sequence, head), panel, HeadWidth)
            : Panel(_lastKeys, Row(0, sequence, head), panel - (Kept / width), HeadWidth);

    /// <summary>
    /// Row of a position in the panel of value channels [panel * width, ...): (positions, width). Rows up to
    /// <see cref="Kept"/> lie one behind the other, and so do those from there on.
    /// </summary>
    /// <param name="position">An even one where values lie in pairs.</param>
    public byte* Values(int layer, int sequence, int head, int panel, int position)
        => position < Kept
            ? Panel(_values, Row(layer, sequence, head), panel, Kept) + RowBytes(position)
            : Panel(_lastValues, Row(0, sequence, head), panel, _lastValues.Columns / RoundUp(HeadWidth, width))
                + RowBytes(position - Kept);

    private static int KeptOf(int positions, int kept, int width) => RoundUp(Math.Min(positions, kept), width);

    private static int LastOf(int positions, int kept, int width)
        => RoundUp(Math.Max(0, positions - KeptOf(positions, kept, width)), width);

    private static int RoundUp(int count, int multiple) => (count + multiple - 1) / multiple * multiple;

    private int Row(int layer, int sequence, int head) => (((layer * Sequences) + sequence) * Heads) + head;

    /// <param name="depth">Rows of a panel.</param>
    private byte* Panel(CpuTensor tensor, int row, int panel, int depth)
        => (byte*)tensor.Address + ((nint)row * tensor.Columns * type.Size()) + RowBytes((nint)panel * depth);

    private nint RowBytes(nint rows) => rows * width * type.Size();
}
