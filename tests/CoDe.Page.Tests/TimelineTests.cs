using System.Globalization;
using CoDe.Testing;
using CoDe.Testing.Certificates;
using CoDe.Testing.Processes;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace CoDe.Page.Tests;

/// <summary>The timeline under <c>code load</c>, of a drafter and a refiner that take 40 ms for a batch.</summary>
[Collection(BrowsingTests.Name)]
public sealed class TimelineTests(Browsing browsing)
{
    private const int Images = 600;

    /// <summary>Reads the ended bars of a lane: class, start, end and images.</summary>
    private const string Bars = """
        lane => [...lane.querySelectorAll('rect:not(.running)')].map(bar => [
          bar.getAttribute('class'), bar.getAttribute('x'),
          `${Number(bar.getAttribute('x')) + Number(bar.getAttribute('width'))}`,
          bar.querySelector('title').textContent.match(/: ([0-9]+) image/)[1]])
        """;

    [ProgramFact(Browsing.Program)]
    public async Task Timeline_UnderLoad_ShowsDraftsAboveTheRefinesBefore()
    {
        using var doors = Doors.Open();
        await using var services = await SimulatedServices.StartAsync(40, doors);
        await using var tab = await browsing.OpenAsync("timeline", services.HttpAddress);
        await Expect(tab.Page.Locator("#timeline-state")).ToHaveTextAsync("Live.");
        var lanes = tab.Page.Locator("#lanes .lane svg");
        await Expect(lanes).ToHaveCountAsync(2);
        await Expect(tab.Page.Locator("#replicas tr")).ToHaveCountAsync(2);
        await Expect(tab.Page.Locator("#gateways tr")).ToHaveCountAsync(1);

        var load = await Command.RunAsync(
            Path.Combine(AppContext.BaseDirectory, "code"), "load", "--gateway", doors.AddressOf(services.Port),
            "--clients", "64", "--warm-up", "0", "--requests", $"{Images}");
        Assert.True(load.ExitCode == 0, load.Error);
        await Expect(tab.Page.Locator("#lanes rect.draft").First).ToBeVisibleAsync();
        await Expect(tab.Page.Locator("#lanes rect.refine").First).ToBeVisibleAsync();
        await Expect(tab.Page.Locator("#lanes rect.failed")).ToHaveCountAsync(0);

        var (drafts, refines) = (await BarsAsync(lanes.Nth(0)), await BarsAsync(lanes.Nth(1)));
        Assert.All(drafts, bar => Assert.Equal("draft", bar.Class));
        Assert.All(refines, bar => Assert.Equal("refine", bar.Class));
        var overlap = drafts.Sum(draft => refines.Sum(
            refine => Math.Max(0, Math.Min(draft.End, refine.End) - Math.Max(draft.Start, refine.Start))));
        var busy = refines.Sum(refine => refine.End - refine.Start);
        Assert.True(overlap > busy / 2, $"{overlap} of {busy} ms");

        // A second tab is given the batches that were before it.
        await using var later = await browsing.OpenAsync("timeline", services.HttpAddress);
        await Expect(later.Page.Locator("#lanes rect.refine")).ToHaveCountAsync(refines.Length);
        await Expect(tab.Page.Locator("#numbers")).ToContainTextAsync("Overlap, 1 to 2");
        tab.AssertNoFault();
        later.AssertNoFault();
    }

    /// <summary>Reads the bars of a lane once they have all images.</summary>
    private static async Task<(string Class, double Start, double End)[]> BarsAsync(ILocator lane)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var bars = await lane.EvaluateAsync<string[][]>(Bars);
        while (bars.Sum(bar => int.Parse(bar[3], CultureInfo.InvariantCulture)) < Images)
        {
            await Task.Delay(50, patience.Token);
            bars = await lane.EvaluateAsync<string[][]>(Bars);
        }

        return [.. bars.Select(bar => (
            bar[0], double.Parse(bar[1], CultureInfo.InvariantCulture),
            double.Parse(bar[2], CultureInfo.InvariantCulture)))];
    }
}
