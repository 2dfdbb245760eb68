using System.Globalization;
using CoDe.Testing;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace CoDe.Page.Tests;

/// <summary>The view that makes images.</summary>
[Collection(BrowsingTests.Name)]
public sealed class MakeTests(Browsing browsing)
{
    /// <summary>Notes what the cards say and show, in order.</summary>
    private const string Observe = """
        () => {
          window.seen = [];
          new MutationObserver(records => records.forEach(record => {
            if (record.type === 'childList') {
              record.addedNodes.forEach(node => window.seen.push(node.textContent));
            } else if (record.target.tagName === 'FIGURE') {
              window.seen.push(record.target.className);
            }
          })).observe(document.getElementById('gallery'),
            { subtree: true, childList: true, attributes: true, attributeFilter: ['class'] });
        }
        """;

    [ProgramFact(Browsing.Program)]
    public async Task Image_OfAClassFoundByName_ComesScaleByScale()
    {
        await using var tab = await browsing.OpenAsync("make");
        await tab.Page.GetByLabel("Class", new() { Exact = true }).FillAsync("STA");
        var found = tab.Page.Locator("#labels option");
        await Expect(found).ToHaveTextAsync(["star · 4"]);
        await tab.Page.GetByLabel("Seed").FillAsync("7");
        await tab.Page.EvaluateAsync(Observe);
        await tab.MakeAsync();

        var seen = await tab.Page.EvaluateAsync<string[]>("() => window.seen");
        var scales = seen.Where(text => text.StartsWith("scale ", StringComparison.Ordinal)).ToArray();
        Assert.Equal(
            Enumerable.Range(1, 10).Select(
                scale => string.Create(CultureInfo.InvariantCulture, $"scale {scale} of 10")),
            scales);
        var (draft, done) = (Array.IndexOf(seen, "card is-draft"), Array.IndexOf(seen, "card is-done"));
        Assert.InRange(draft, 0, done);
        Assert.InRange(Array.IndexOf(seen, scales[^1]), draft, done);

        await Expect(tab.Done).ToHaveCountAsync(1);
        await Expect(tab.Done.Locator("strong")).ToHaveTextAsync("star");
        await Expect(tab.Done.Locator(".facts")).ToContainTextAsync("seed 7");
        Assert.True(await Tab.WidthOfAsync(tab.Done.Locator("img")) > 0);
        var save = tab.Done.GetByRole(AriaRole.Link, new() { Name = "Save" });
        await Expect(save).ToHaveAttributeAsync("download", "star-7.png");
        tab.AssertNoFault();
    }

    [ProgramFact(Browsing.Program)]
    public async Task Images_OfSeveralClasses_AreAllMade()
    {
        await using var tab = await browsing.OpenAsync("make");
        await tab.Page.GetByLabel("Classes").SelectOptionAsync(["0", "2"]);
        await tab.Page.GetByLabel("Images each").FillAsync("2");
        await tab.Button("Make images").ClickAsync();
        await Expect(tab.State).ToContainTextAsync("Done: 4 images");
        await Expect(tab.Done).ToHaveCountAsync(4);
        Assert.Equal(2, (await tab.Done.Locator("strong").AllInnerTextsAsync()).Distinct().Count());
        tab.AssertNoFault();
    }

    [ProgramFact(Browsing.Program)]
    public async Task AgainWith_AfterOtherSettings_BringsBackThoseOfTheImage()
    {
        await using var tab = await browsing.OpenAsync("make");
        await tab.Page.GetByLabel("Classes").SelectOptionAsync("3");
        await tab.Page.Locator("#steps").SelectOptionAsync("7");
        await tab.Page.GetByLabel("Guidance").FillAsync("2.5");
        await tab.MakeAsync();
        var seed = (await tab.Done.Locator(".facts").InnerTextAsync()).Split("seed ")[1].Split(' ')[0];
        var first = await PixelsAsync(tab.Done.First);

        await tab.Page.GetByLabel("Classes").SelectOptionAsync("1");
        await tab.Page.Locator("#steps").SelectOptionAsync("9");
        await tab.Page.GetByLabel("Guidance").FillAsync("0");
        await tab.Button("Again, with…").ClickAsync();
        await Expect(tab.Page.GetByLabel("Seed")).ToHaveValueAsync(seed);
        await Expect(tab.Page.Locator("#steps")).ToHaveValueAsync("7");
        await Expect(tab.Page.GetByLabel("Guidance")).ToHaveValueAsync("2.5");
        await tab.Button("Make images").ClickAsync();
        await Expect(tab.Done).ToHaveCountAsync(2);
        Assert.Equal(first, await PixelsAsync(tab.Done.First));
        tab.AssertNoFault();
    }

    [ProgramTheory(Browsing.Program)]
    [InlineData("Seed", "x", "seed")]
    [InlineData("Images each", "0", "count")]
    [InlineData("Guidance", "high", "guidance")]
    public async Task Setting_ThatIsWrong_IsNamedWithItsValue(string label, string value, string field)
    {
        await using var tab = await browsing.OpenAsync("make");
        await tab.Page.GetByLabel(label, new() { Exact = true }).FillAsync(value);
        await tab.Button("Make images").ClickAsync();
        await Expect(tab.Error).ToContainTextAsync(field);
        await Expect(tab.Error).ToContainTextAsync(value);
        await Expect(tab.Done).ToHaveCountAsync(0);
        await Expect(tab.Button("Make images")).ToBeEnabledAsync();
        tab.AssertNoFault();
    }

    [ProgramFact(Browsing.Program)]
    public async Task Stop_WhileImagesAreMade_EndsThem()
    {
        await using var tab = await browsing.OpenAsync("make");
        await tab.Page.GetByLabel("Images each").FillAsync("500");
        await tab.Button("Make images").ClickAsync();
        await Expect(tab.Page.Locator("#gallery .is-done").First).ToBeVisibleAsync();
        await tab.Button("Stop").ClickAsync();
        await Expect(tab.State).ToHaveTextAsync("Stopped.");
        await Expect(tab.Page.Locator("#gallery .is-failed").First).ToContainTextAsync("was not made");
        await Expect(tab.Page.Locator("#gallery progress")).ToHaveCountAsync(0);
        await tab.Page.GetByLabel("Seed").FillAsync("1");
        await tab.MakeAsync();
        tab.AssertNoFault();
    }

    [ProgramFact(Browsing.Program)]
    public async Task Keyboard_Alone_MakesAnImage()
    {
        await using var tab = await browsing.OpenAsync("make");
        await Expect(tab.Button("Make images")).ToBeEnabledAsync();
        await tab.Page.Keyboard.PressAsync("Tab");
        await Expect(tab.Page.GetByText("Skip to the content")).ToBeFocusedAsync();
        await tab.Page.Keyboard.PressAsync("Enter");
        await tab.Page.Keyboard.PressAsync("Tab");
        await tab.Page.Keyboard.PressAsync("Tab");
        await Expect(tab.Page.Locator("#search")).ToBeFocusedAsync();
        await tab.Page.Keyboard.TypeAsync("2");
        await tab.Page.Keyboard.PressAsync("ArrowDown");
        await Expect(tab.Page.Locator("#labels")).ToBeFocusedAsync();
        await tab.Page.Keyboard.PressAsync("Tab");
        await Expect(tab.Page.Locator("#count")).ToBeFocusedAsync();
        await tab.Page.Keyboard.PressAsync("Enter");
        await Expect(tab.State).ToContainTextAsync("Done: 1 image");
        tab.AssertNoFault();
    }

    private static Task<string> PixelsAsync(ILocator card)
        => card.Locator("img").EvaluateAsync<string>("""
            async image => {
              await image.decode();
              const canvas = Object.assign(document.createElement('canvas'),
                { width: image.naturalWidth, height: image.naturalHeight });
              canvas.getContext('2d').drawImage(image, 0, 0);
              return canvas.toDataURL();
            }
            """);
}
