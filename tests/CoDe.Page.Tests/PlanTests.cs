using CoDe.Testing;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace CoDe.Page.Tests;

/// <summary>The view of the planner.</summary>
[Collection(BrowsingTests.Name)]
public sealed class PlanTests(Browsing browsing)
{
    private const string Times =
        """
        {"mode":"code","stage":"draft","steps":8,"batch":1,"draft_s":2,"refine_s":1E-07,"decode_s":0,"peak_gib":9}
        {"mode":"code","stage":"refine","steps":8,"batch":1,"draft_s":0,"refine_s":0.5,"decode_s":0.5,"peak_gib":4}
        """;

    [ProgramFact(Browsing.Program)]
    public async Task Plan_OfTimesThatArePasted_ShowsATableAndCurves()
    {
        await using var tab = await browsing.OpenAsync("plan");
        await tab.Page.GetByLabel("Times of the stages").FillAsync(Times);
        await tab.Page.GetByLabel("Devices", new() { Exact = true }).FillAsync("3");
        await tab.Page.GetByLabel("GiB of a device").FillAsync("10");
        await tab.Button("Plan").ClickAsync();
        var rows = tab.Page.Locator("#plan-services tr");
        await Expect(rows).ToHaveCountAsync(2);
        await Expect(rows.First).ToContainTextAsync("2 drafters, 1 refiner");
        await Expect(tab.Page.Locator("#plan-curves polyline")).ToHaveCountAsync(2);
        await Expect(tab.Page.Locator("#plan-left-out")).ToHaveTextAsync(
            "Left out: N = 8, a worker with batches from 1: 13 GiB.");

        await tab.Page.GetByLabel("Images a second", new() { Exact = true }).FillAsync("2");
        await tab.Button("Plan").ClickAsync();
        await Expect(tab.Page.Locator("#plan-answer")).ToHaveTextAsync("3 devices do not reach 2 images/s; 8 would.");
        await Expect(rows).ToHaveCountAsync(2);

        await tab.Page.GetByLabel("Images a second", new() { Exact = true }).FillAsync("many");
        await tab.Button("Plan").ClickAsync();
        await Expect(tab.Error).ToHaveTextAsync("rate is \"many\"; allowed: a number.");
        await Expect(rows.First).ToBeHiddenAsync();
        await tab.Page.GetByLabel("Times of the stages").FillAsync($"{Times}\nx");
        await tab.Button("Plan").ClickAsync();
        await Expect(tab.Error).ToHaveTextAsync("Line 3 of the times is no JSON.");
        tab.AssertNoFault();
    }

    [ProgramFact(Browsing.Program)]
    public async Task Plan_WithoutTimes_TakesThoseOfTheBatchesThatWereMade()
    {
        await using var tab = await browsing.OpenAsync("make");
        await tab.MakeAsync(2);
        await tab.GoAsync("Plan");
        await tab.Button("Plan").ClickAsync();
        await Expect(tab.Page.Locator("#plan-services tr").GetByText("2 workers").First).ToBeVisibleAsync();
        await Expect(tab.Page.Locator("#plan-used")).ToContainTextAsync("times of stages were used.");
        tab.AssertNoFault();
    }
}
