using CoDe.Cli.Load;
using CoDe.Flow;
using Xunit;

namespace CoDe.Cli.Tests.Load;

/// <summary>Values with weights.</summary>
public sealed class MixTests
{
    [Theory]
    [InlineData("8", 0.0, 8)]
    [InlineData("8", 0.999, 8)]
    [InlineData("8:3,6:1", 0.749, 8)]
    [InlineData("8:3,6:1", 0.751, 6)]
    [InlineData("1,2,4,8", 0.51, 4)]
    [InlineData("8:0.5,1e0:.5", 0.6, 1)]
    public void Mix_DrawsByWeight(string text, double random, uint expected)
        => Assert.Equal(expected, Mix.Parse("--steps", text).Draw(random));

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("8:")]
    [InlineData("8:0")]
    [InlineData("8:-1")]
    [InlineData("8:1:1")]
    [InlineData("8,,6")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("8:NaN")]
    [InlineData("99999999999")]
    public void Mix_OfWhatIsNone_NamesTheOption(string text)
    {
        var error = Assert.Throws<InvalidSettingException>(() => Mix.Parse("--count", text));
        Assert.Equal("--count", error.Field);
    }
}
