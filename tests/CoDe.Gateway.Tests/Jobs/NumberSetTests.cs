using CoDe.Gateway.Jobs;
using Xunit;

namespace CoDe.Gateway.Tests.Jobs;

public sealed class NumberSetTests
{
    private const int Limit = 40;

    [Fact]
    public void Set_OfNumbersInAnyOrder_HoldsThemAsRanges()
    {
        var random = new Random(7);
        for (var round = 0; round < 200; round++)
        {
            var expected = new SortedSet<int>();
            var set = new NumberSet();
            for (var i = 0; i < random.Next(60); i++)
            {
                var number = random.Next(Limit);
                expected.Add(number);
                set.Add(number);
            }

            AssertEqual(expected, set);
            AssertEqual(expected, new NumberSet(set.ToRanges()));
        }
    }

    [Fact]
    public void ToRanges_OfAdjacentNumbers_IsOneRange()
    {
        var set = new NumberSet();
        foreach (var number in new[] { 5, 3, 4, 9, 4 })
        {
            set.Add(number);
        }

        Assert.Equal([3, 5, 9, 9], set.ToRanges());
    }

    private static void AssertEqual(SortedSet<int> expected, NumberSet set)
    {
        Assert.Equal(expected.Count, set.Count);
        Assert.Equal(expected, set.From(0));
        Assert.Equal(expected.Where(number => number >= 11), set.From(11));
        Assert.Equal(Enumerable.Range(0, Limit).Except(expected), set.Missing(Limit));
        Assert.Equal(Enumerable.Range(0, Limit + 1).First(number => !expected.Contains(number)), set.Leading);
        Assert.All(set.ToRanges().Chunk(2), range => Assert.True(range[0] <= range[1]));
    }
}
