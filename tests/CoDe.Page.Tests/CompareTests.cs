using System.Globalization;
using CoDe.Testing;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace CoDe.Page.Tests;

/// <summary>The view that makes an image with each N and with plain VAR.</summary>
[Collection(BrowsingTests.Name)]
public sealed class CompareTests(Browsing browsing)
{
    [ProgramFact(Browsing.Program)]
    public async Task Compare_InOneClick_MakesFiveImagesWithTheirTimes()
    {
        await using var tab = await browsing.OpenAsync("compare");
        await tab.Button("Compare").ClickAsync();
        await Expect(tab.State).ToContainTextAsync("Done: seed ");
        var cards = tab.Page.Locator("#comparison .is-done");
        await Expect(cards.Locator("strong")).ToHaveTextAsync(["N = 6", "N = 7", "N = 8", "N = 9", "plain VAR"]);
        for (var card = 0; card < 5; card++)
        {
            Assert.True(await Tab.WidthOfAsync(cards.Nth(card).Locator("img")) > 0);
            var facts = await cards.Nth(card).Locator(".facts").InnerTextAsync();
            Assert.Matches(card < 4 ? @"^[\d.]+ m?s · [\d.]+× as fast as plain VAR$" : @"^[\d.]+ m?s$", facts);
        }

        // The seed is in the form, so that the comparison can be made again.
        var seed = await tab.Page.GetByLabel("Seed").InputValueAsync();
        Assert.True(uint.TryParse(seed, NumberStyles.None, CultureInfo.InvariantCulture, out _), seed);
        await Expect(tab.State).ToHaveTextAsync($"Done: seed {seed}.");
        tab.AssertNoFault();
    }

    [ProgramFact(Browsing.Program)]
    public async Task Compare_OfAWrongSetting_NamesItAtEachImage()
    {
        await using var tab = await browsing.OpenAsync("compare");
        await tab.Page.GetByLabel("Guidance").FillAsync("much");
        await tab.Button("Compare").ClickAsync();
        var cards = tab.Page.Locator("#comparison .is-failed");
        await Expect(cards).ToHaveCountAsync(5);
        await Expect(cards.Last).ToContainTextAsync("guidance");
        await Expect(tab.Button("Compare")).ToBeEnabledAsync();
        tab.AssertNoFault();
    }
}
