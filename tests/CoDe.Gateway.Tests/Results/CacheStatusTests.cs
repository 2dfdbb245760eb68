using CoDe.Gateway.Results;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace CoDe.Gateway.Tests.Results;

public sealed class CacheStatusTests
{
    [Theory]
    [InlineData("Full", "Hit Hit", "code; hit")]
    [InlineData("Full", "Stored", "code; fwd=miss; stored")]
    [InlineData("Full", "Submitted Stored", "code; fwd=miss")]
    [InlineData("Full", "Collapsed Collapsed", "code; fwd=miss; collapsed")]
    [InlineData("Full", "Hit Stored Stored", "code; fwd=partial; stored; detail=\"1 of 3 hit\"")]
    [InlineData("Full", "Stored Collapsed", "code; fwd=miss; stored; detail=\"1 of 2 collapsed\"")]
    [InlineData("Full", "Hit Collapsed", "code; fwd=partial; collapsed; detail=\"1 of 2 hit, 1 of 2 collapsed\"")]
    [InlineData("Renew", "Stored", "code; fwd=request; stored")]
    [InlineData("Off", "Submitted", "code; fwd=request")]
    [InlineData("Bypass", "Submitted", "code; fwd=bypass")]
    public void Status_OfARequest_IsThatOfRfc9211(string mode, string outcomes, string status)
    {
        CacheOutcome[] parsed = [.. outcomes.Split(' ').Select(Enum.Parse<CacheOutcome>)];
        Assert.Equal(status, CacheStatus.Of(Enum.Parse<CacheMode>(mode), parsed));
    }

    [Theory]
    [InlineData(null, "Full")]
    [InlineData("", "Full")]
    [InlineData("max-age=0", "Full")]
    [InlineData("nonsense===", "Full")]
    [InlineData("no-cache", "Renew")]
    [InlineData("max-age=0, No-Cache", "Renew")]
    [InlineData("no-store", "Off")]
    [InlineData("no-cache, no-store", "Off")]
    public void CacheControl_OfARequest_SaysWhatTheCacheMayDo(string? header, string mode)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers.CacheControl = header;
        Assert.Equal(Enum.Parse<CacheMode>(mode), CacheUse.Of(http.Request).Mode);
    }

    [Fact]
    public void Bypass_OfARequestThatAsksForNoStore_KeepsItsReason()
    {
        var use = new CacheUse(CacheMode.Off);
        use.Bypass();
        Assert.Equal(CacheMode.Off, use.Mode);
    }
}
