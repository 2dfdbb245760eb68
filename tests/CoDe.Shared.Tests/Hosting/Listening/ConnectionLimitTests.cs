using CoDe.Hosting.Listening;
using Xunit;

namespace CoDe.Shared.Tests.Hosting.Listening;

public sealed class ConnectionLimitTests
{
    [Theory]
    [InlineData("Max open files            1024                 1048576              files     ", 384L)]
    [InlineData("Max open files            100                  100                  files     ", 16L)]
    [InlineData("Max open files            unlimited            unlimited            files     ", null)]
    [InlineData("Max processes             100                  100                  processes ", null)]
    public void OfPort_OfALimit_LeavesDescriptorsForTheRest(string line, long? expected)
        => Assert.Equal(expected, ConnectionLimit.OfPort(["Limit  Soft Limit  Hard Limit  Units", line]));
}
