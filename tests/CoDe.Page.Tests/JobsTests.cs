using System.Text.RegularExpressions;
using CoDe.Testing;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace CoDe.Page.Tests;

/// <summary>The view of jobs.</summary>
[Collection(BrowsingTests.Name)]
public sealed partial class JobsTests(Browsing browsing)
{
    [ProgramFact(Browsing.Program)]
    public async Task Job_OfTheSettings_IsFollowedAndShowsItsPictures()
    {
        await using var tab = await browsing.OpenAsync("make");
        await tab.Page.GetByLabel("Images each").FillAsync("30");
        await tab.Button("Run as a job").ClickAsync();
        await Expect(tab.State).ToContainTextAsync("is submitted");
        var job = tab.Page.Locator("#job-list > li").First;
        await Expect(job.Locator(".facts").First).ToHaveTextAsync("done, 30 of 30");
        await Expect(job.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Cancel" })).ToBeHiddenAsync();
        var more = job.Locator(".job button").First;
        await more.ClickAsync();
        await Expect(job.Locator("img")).ToHaveCountAsync(24);
        await Expect(more).ToHaveTextAsync("More pictures");
        await more.ClickAsync();
        await Expect(job.Locator("img")).ToHaveCountAsync(30);
        await Expect(more).ToBeHiddenAsync();
        Assert.True(await Tab.WidthOfAsync(job.Locator("img").Last) > 0);
        tab.AssertNoFault();
    }

    [ProgramFact(Browsing.Program)]
    public async Task Job_ThatRuns_IsCancelled()
    {
        await using var tab = await browsing.OpenAsync("make");
        await tab.Page.GetByLabel("Images each").FillAsync("5000");
        await tab.Button("Run as a job").ClickAsync();
        var job = tab.Page.Locator("#job-list > li").First;
        await Expect(job.Locator(".facts").First).ToContainTextAsync("running");
        await job.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Expect(job.Locator(".facts").First).ToHaveTextAsync(Cancelled());

        // The list of another tab has it too.
        await using var other = await browsing.OpenAsync("jobs");
        await Expect(other.Page.Locator("#job-list > li").First.Locator(".facts").First).ToHaveTextAsync(Cancelled());
        tab.AssertNoFault();
    }

    [GeneratedRegex("^cancelled, ")]
    private static partial Regex Cancelled();
}
