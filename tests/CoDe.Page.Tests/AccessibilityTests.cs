using CoDe.Testing;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace CoDe.Page.Tests;

/// <summary>Every view by the rules of WCAG 2.1 A and AA, contrast included, and at the width of a phone.</summary>
[Collection(BrowsingTests.Name)]
public sealed class AccessibilityTests(Browsing browsing)
{
    private static readonly AxeRunOptions Rules = new()
    {
        RunOnly = new RunOnlyOptions { Type = "tag", Values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] },
    };

    [ProgramTheory(Browsing.Program)]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 1280)]
    [InlineData(ColorScheme.Light, 390)]
    public async Task Views_WithWhatTheyShow_BreakNoRule(ColorScheme scheme, int width)
    {
        await using var tab = await browsing.OpenAsync("make", options: new()
        {
            ColorScheme = scheme,
            ViewportSize = new() { Width = width, Height = 844 },
        });
        await tab.MakeAsync(2);
        await CheckAsync(tab, width);
        await tab.Button("Show the call").ClickAsync();
        await CheckAsync(tab, width);
        await tab.Page.Keyboard.PressAsync("Escape");
        await tab.Page.GetByLabel("Seed").FillAsync("wrong");
        await tab.Button("Make images").ClickAsync();
        await Expect(tab.Error).ToContainTextAsync("wrong");
        await CheckAsync(tab, width);
        await tab.Page.GetByLabel("Seed").FillAsync("");

        await tab.Page.Locator("#gallery").GetByRole(AriaRole.Button, new() { Name = "Edit" }).First.ClickAsync();
        await tab.Page.Locator("#mask").ClickAsync();
        await tab.Button("Draw the region anew").ClickAsync();
        await Expect(tab.Page.Locator("#edited figure")).ToHaveCountAsync(1);
        await CheckAsync(tab, width);

        await tab.GoAsync("Compare");
        await tab.Button("Compare").ClickAsync();
        await Expect(tab.State).ToContainTextAsync("Done: seed ");
        await CheckAsync(tab, width);

        await tab.GoAsync("Make");
        await tab.Button("Run as a job").ClickAsync();
        await Expect(tab.Page.Locator("#job-list > li").First).ToContainTextAsync("done, 2 of 2");
        await tab.Page.Locator("#job-list > li").First.GetByText("Pictures").ClickAsync();
        await Expect(tab.Page.Locator("#job-list img").First).ToBeVisibleAsync();
        await CheckAsync(tab, width);

        await tab.GoAsync("Timeline");
        await Expect(tab.Page.Locator("#lanes rect.refine").First).ToBeAttachedAsync();
        await CheckAsync(tab, width);
        tab.AssertNoFault();
    }

    private static async Task CheckAsync(Tab tab, int width)
    {
        var result = await tab.Page.RunAxe(Rules);
        Assert.NotEmpty(result.Passes);
        Assert.Empty(result.Violations.Select(
            rule => $"{rule.Id}: {string.Join(", ", rule.Nodes.Select(node => node.Html))}"));
        Assert.Equal(width, await tab.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"));
    }
}
