namespace CoDe.Engine.Compute.Cpu;

/// <summary>
/// Keys lie in panels of some positions by all head channels, values in panels of some channels by all positions: both
/// are then the right side of the register tile's product, queries x keys and weights x values.
/// </summary>
/// <param name="width">Lanes of a panel.</param>
internal sealed unsafe class CpuCache(
    Arena arena, int layers, int sequences, int positions, int heads, int headWidth, int width)
    : KeyValueCache(layers, sequences, positions, heads, headWidth)
{
    private readonly CpuTensor _keys = arena.Allocate(
        layers * sequences * heads, RoundUp(positions, width) * headWidth);
    private readonly CpuTensor _values = arena.Allocate(
        layers * sequences * heads, RoundUp(headWidth, width) * positions);

    /// <summary>Panel of keys [panel * width, ...): (headWidth, width).</summary>
    public float* KeyPanel(int layer, int sequence, int head, int panel)
        => Head(_keys, layer, sequence, head) + ((nint)panel * width * HeadWidth);

    /// <summary>Panel of value channels [panel * width, ...): (positions, width).</summary>
    public float* ValuePanel(int layer, int sequence, int head, int panel)
        => Head(_values, layer, sequence, head) + ((nint)panel * width * Positions);

    private static int RoundUp(int count, int multiple) => (count + multiple - 1) / multiple * multiple;

    private float* Head(CpuTensor tensor, int layer, int sequence, int head)
        => (float*)tensor.Address + (((((nint)layer * Sequences) + sequence) * Heads + head) * tensor.Columns);
}
