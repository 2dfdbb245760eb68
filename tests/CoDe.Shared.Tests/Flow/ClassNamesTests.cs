using CoDe.Flow;
using Xunit;

namespace CoDe.Shared.Tests.Flow;

public sealed class ClassNamesTests
{
    private static readonly ClassNames Names = new(["disk", "ring"], 10);

    [Theory]
    [InlineData("3", 3)]
    [InlineData("Ring", 1)]
    [InlineData("none", 10)]
    [InlineData("0..2", 0, 1, 2)]
    [InlineData("9..9", 9)]
    public void ParseAll_OfALabelOrARange_GivesEveryClass(string text, params int[] expected)
        => Assert.Equal(expected, Names.ParseAll(text));

    [Theory]
    [InlineData("0..10", "label is 10; allowed: 0 to 9, none, or one of disk")]
    [InlineData("5..3", "label is 5..3; allowed: a range that ascends, such as 3..5.")]
    [InlineData("disk..ring", "label is disk..ring; allowed: 0 to 9")]
    [InlineData("1..2..3", "label is 1..2..3; allowed: 0 to 9")]
    [InlineData("-1..2", "label is -1..2; allowed: 0 to 9")]
    public void ParseAll_OfNoRange_SaysWhatIsAllowed(string text, string message)
        => Assert.StartsWith(
            message,
            Assert.Throws<InvalidSettingException>(() => Names.ParseAll(text).ToArray()).Message,
            StringComparison.Ordinal);
}
