using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CoDe.Engine.Compute.Cpu;

/// <summary>
/// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011): noise is a function of its
/// counter, so any token of any image can be drawn without drawing those before it.
/// </summary>
internal static class Philox
{
    private const int Rounds = 10;

    /// <summary>The four words that the counter (x, y, z, w) gives under the key, low word first.</summary>
    public static Vector128<uint> Block(uint x, uint y, uint z, uint w, ulong key)
    {
        var (key0, key1) = ((uint)key, (uint)(key >> 32));
        for (var round = 0; round < Rounds; round++)
        {
            var product0 = 0xD2511F53ul * x;
            var product1 = 0xCD9E8D57ul * z;
            (x, y, z, w) =
                ((uint)(product1 >> 32) ^ y ^ key0, (uint)product1, (uint)(product0 >> 32) ^ w ^ key1, (uint)product0);
            key0 += 0x9E3779B9;
            key1 += 0xBB67AE85;
        }

        return Vector128.Create(x, y, z, w);
    }

    /// <summary>
    /// Gumbel noise of vocabulary entries 4 x group to 4 x group + 3: u = ((x >> 9) + 0.5) x 2^-23, g = -ln(-ln(u)), in
    /// float32. The logarithm is the runtime's managed one, the same on every system.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Gumbel(uint group, uint position, uint image, NoisePurpose purpose, ulong seed)
    {
        var words = Block(group, position, image, (uint)purpose, seed) >>> 9;
        var centred = Vector128.ConvertToSingle(words.AsInt32()) + Vector128.Create(0.5f);
        var uniform = centred * Vector128.Create(1f / (1 << 23));
        return -Vector128.Log(-Vector128.Log(uniform));
    }
}

/// <summary>The last word of the noise's counter: what the noise is for.</summary>
internal enum NoisePurpose : uint
{
    Tokens = 0,
    Mixture = 1,
}
