namespace CoDe.Engine.Compute.Cpu;

/// <summary>The upper half of a float32.</summary>
internal static class BFloat16
{
    /// <summary>The nearest, ties to even; of finite numbers.</summary>
    public static ushort Round(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }

    public static float Expand(ushort value) => BitConverter.UInt32BitsToSingle((uint)value << 16);
}
