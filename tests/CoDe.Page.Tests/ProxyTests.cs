using CoDe.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;
using Yarp.ReverseProxy.Configuration;
using static Microsoft.Playwright.Assertions;

namespace CoDe.Page.Tests;

/// <summary>The page behind a proxy that serves it under a path.</summary>
[Collection(BrowsingTests.Name)]
public sealed class ProxyTests(Browsing browsing)
{
    private const string Prefix = "/some/path";

    [ProgramFact(Browsing.Program)]
    public async Task Page_UnderAPath_WorksInEachView()
    {
        await using var proxy = await StartProxyAsync(browsing.Gateway.HttpAddress);
        await using var tab = await browsing.OpenAsync("make", new Uri($"{proxy.Urls.Single()}{Prefix}/"));
        await tab.MakeAsync();
        await tab.Button("Show the call").ClickAsync();
        await Expect(tab.Page.GetByLabel("curl", new() { Exact = true }))
            .ToContainTextAsync($"{proxy.Urls.Single()}{Prefix}/v1/generate");
        await tab.Page.Keyboard.PressAsync("Escape");

        await tab.Button("Edit").ClickAsync();
        await tab.Page.Locator("#mask").ClickAsync();
        await tab.Button("Draw the region anew").ClickAsync();
        await Expect(tab.Page.Locator("#edited figure")).ToHaveCountAsync(1);

        await tab.GoAsync("Compare");
        await tab.Button("Compare").ClickAsync();
        await Expect(tab.State).ToContainTextAsync("Done: seed ");

        await tab.GoAsync("Make");
        await tab.Button("Run as a job").ClickAsync();
        await Expect(tab.Page.Locator("#job-list > li").First).ToContainTextAsync("done, 1 of 1");

        await tab.GoAsync("Timeline");
        await Expect(tab.Page.Locator("#timeline-state")).ToHaveTextAsync("Live.");
        await tab.Page.GetByRole(Microsoft.Playwright.AriaRole.Link, new() { Name = "API" }).ClickAsync();
        await Expect(tab.Page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex($"{Prefix}/docs"));
        await Expect(tab.Page.GetByText("/v1/generate").First).ToBeVisibleAsync();
    }

    private static async Task<WebApplication> StartProxyAsync(Uri gateway)
    {
        var builder = WebApplication.CreateSlimBuilder(["--urls=http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        builder.Services.AddReverseProxy().LoadFromMemory(
            [
                new RouteConfig
                {
                    RouteId = "page",
                    ClusterId = "gateway",
                    Match = new() { Path = $"{Prefix}/{{**rest}}" },
                    Transforms = [new Dictionary<string, string> { ["PathRemovePrefix"] = Prefix }],
                },
            ],
            [
                new ClusterConfig
                {
                    ClusterId = "gateway",
                    Destinations = new Dictionary<string, DestinationConfig>
                    {
                        ["gateway"] = new() { Address = gateway.ToString() },
                    },
                },
            ]);
        var proxy = builder.Build();
        proxy.MapReverseProxy();
        await proxy.StartAsync();
        return proxy;
    }
}
