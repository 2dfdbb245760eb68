using System.Runtime.Intrinsics;

namespace CoDe.Engine.Compute.Cpu;

/// <summary>The upper half of a float32.</summary>
internal static unsafe class BFloat16
{
    /// <summary>The nearest, ties to even; of finite numbers.</summary>
    public static ushort Round(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }

    public static float Expand(ushort value) => BitConverter.UInt32BitsToSingle((uint)value << 16);

    /// <summary>Rounds a run of numbers, which may end where the source begins.</summary>
    public static void Round(float* source, ushort* destination, int count)
    {
        var i = 0;
        for (; i <= count - Vector512<ushort>.Count; i += Vector512<ushort>.Count)
        {
            var low = Rounded(Vector512.Load((uint*)source + i));
            var high = Rounded(Vector512.Load((uint*)source + i + Vector512<uint>.Count));
            Vector512.Narrow(low, high).Store(destination + i);
        }

        for (; i < count; i++)
        {
            destination[i] = Round(source[i]);
        }
    }

    /// <summary>Rounds two runs into the halves of words, which may lie where the first run does.</summary>
    public static void Combine(uint* words, float* low, float* high, int count)
    {
        var i = 0;
        for (; i <= count - Vector512<uint>.Count; i += Vector512<uint>.Count)
        {
            var (first, second) = (Rounded(Vector512.Load((uint*)low + i)), Rounded(Vector512.Load((uint*)high + i)));
            (first | (second << 16)).Store(words + i);
        }

        for (; i < count; i++)
        {
            words[i] = Round(low[i]) | ((uint)Round(high[i]) << 16);
        }
    }

    public static void Expand(ushort* source, float* destination, int count)
    {
        var i = 0;
        for (; i <= count - Vector512<ushort>.Count; i += Vector512<ushort>.Count)
        {
            var (low, high) = Vector512.Widen(Vector512.Load(source + i));
            (low << 16).AsSingle().Store(destination + i);
            (high << 16).AsSingle().Store(destination + i + Vector512<uint>.Count);
        }

        for (; i < count; i++)
        {
            destination[i] = Expand(source[i]);
        }
    }

    private static Vector512<uint> Rounded(Vector512<uint> bits)
        => (bits + Vector512.Create(0x7fffu) + ((bits >> 16) & Vector512<uint>.One)) >> 16;
}
