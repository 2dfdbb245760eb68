namespace CoDe.Engine.Compute.Cpu.Kernels.Assembled;

/// <summary>Panel of pairs of inputs in bfloat16, the first of a pair in the low half of a word.</summary>
internal readonly unsafe struct PairPanel : IPanelLayout
{
    public static int Width => BFloat16Tile.Width;

    public static int Step => Width * sizeof(ushort);

    public static void Interleave(byte* destination, float* rows, int inputs)
    {
        Panels.RoundRows(rows, Width, inputs);
        Panels.Transpose((uint*)destination, (uint*)rows, inputs, Width, inputs / 2);
    }
}
