using CoDe.Hosting.Listening;
using CoDe.Testing;
using CoDe.Testing.Processes;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace CoDe.Page.Tests;

/// <summary>The page of a gateway that is killed and started again.</summary>
[Collection(BrowsingTests.Name)]
public sealed class LostConnectionTests(Browsing browsing)
{
    [ProgramFact(Browsing.Program)]
    public async Task Page_OfAGatewayThatIsKilled_SaysSoAndGoesOnWithTheNext()
    {
        var http = FreePort.Find();
        await using var gateway = await RestartableService.StartAsync(port => ServiceProcess.StartGatewayAsync(
            $"--Gateway:Port={port}", $"--Gateway:HttpPort={http}"));
        await using var tab = await browsing.OpenAsync("make", gateway.Process.HttpAddress);
        await using var timeline = await browsing.OpenAsync("timeline", gateway.Process.HttpAddress);
        var live = timeline.Page.Locator("#timeline-state");
        await Expect(live).ToHaveTextAsync("Live.");
        await tab.Page.GetByLabel("Images each").FillAsync("500");
        await tab.Button("Make images").ClickAsync();
        await Expect(tab.Done.First).ToBeVisibleAsync();

        await gateway.KillAsync();
        await Expect(tab.Error).ToHaveTextAsync("The connection to the service was lost.");
        await Expect(tab.Page.Locator("#gallery .is-failed").First).ToContainTextAsync("was not made");
        await Expect(tab.Page.Locator("#gallery progress")).ToHaveCountAsync(0);
        await Expect(live).ToHaveTextAsync("The connection is lost; trying again.");
        await tab.Button("Make images").ClickAsync();
        await Expect(tab.Error).ToHaveTextAsync("The service cannot be reached.");

        await gateway.StartAgainAsync();
        await Expect(live).ToHaveTextAsync("Live.");
        await tab.MakeAsync();
        await Expect(timeline.Page.Locator("#lanes rect.refine").First)
            .ToBeVisibleAsync(new() { Timeout = 60_000 });
        tab.AssertNoFault();
        timeline.AssertNoFault();
    }
}
