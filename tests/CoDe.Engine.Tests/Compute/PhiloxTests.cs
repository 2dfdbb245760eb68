using CoDe.Engine.Compute.Cpu;
using Xunit;

namespace CoDe.Engine.Tests.Compute;

public sealed class PhiloxTests
{
    [Fact]
    public void Block_OfZeros_IsTheKnownAnswer() => AssertWords([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8], 0, 0);

    [Fact]
    public void Block_OfOnes_IsTheKnownAnswer()
        => AssertWords([0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd], uint.MaxValue, ulong.MaxValue);

    [Fact]
    public void Block_OfPi_IsTheKnownAnswer()
    {
        var words = Philox.Block(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0x299f31d0a4093822);
        Assert.Equal(
            [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1], Enumerable.Range(0, 4).Select(lane => words[lane]));
    }

    [Fact]
    public void Gumbel_OfManyCounters_FollowsItsDefinition()
    {
        for (var group = 0u; group < 2_000; group++)
        {
            var words = Philox.Block(group, 17, 3, (uint)NoisePurpose.Mixture, 0x123456789abcdef0);
            var noise = Philox.Gumbel(group, 17, 3, NoisePurpose.Mixture, 0x123456789abcdef0);
            for (var lane = 0; lane < 4; lane++)
            {
                var uniform = ((words[lane] >> 9) + 0.5) / (1 << 23);
                Assert.Equal(-Math.Log(-Math.Log(uniform)), noise[lane], 4e-6 * Math.Max(1, Math.Abs(noise[lane])));
            }
        }
    }

    private static void AssertWords(uint[] expected, uint counter, ulong key)
    {
        var words = Philox.Block(counter, counter, counter, counter, key);
        Assert.Equal(expected, Enumerable.Range(0, 4).Select(lane => words[lane]));
    }
}
