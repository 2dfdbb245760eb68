using CoDe.Testing.Processes;
using Microsoft.Playwright;
using Xunit;

namespace CoDe.Page.Tests;

/// <summary>Debian's Chromium, and a gateway with embedded stages whose page it opens.</summary>
public sealed class Browsing : IAsyncLifetime
{
    public const string Program = "/usr/bin/chromium";

    /// <summary>Milliseconds of patience for what the page shows; the machine may be busy.</summary>
    private const float Patience = 60_000;

    /// <summary>Arguments without which it looks for hosts that have nothing to do with the page.</summary>
    private static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ];

    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private ServiceProcess? _gateway;

    public ServiceProcess Gateway => _gateway!;

    public async Task InitializeAsync()
    {
        if (!File.Exists(Program))
        {
            return;
        }

        Assertions.SetDefaultExpectTimeout(Patience);
        _gateway = await ServiceProcess.StartGatewayAsync();
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Program, Args = Arguments });
    }

    public async Task DisposeAsync()
    {
        await (_browser?.DisposeAsync() ?? ValueTask.CompletedTask);
        _playwright?.Dispose();
        await (_gateway?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    /// <summary>Opens a view of the page in a tab of its own.</summary>
    /// <param name="view">The hash, as make or timeline.</param>
    /// <param name="address">Address of the page; that of <see cref="Gateway"/> if left out.</param>
    public async Task<Tab> OpenAsync(string view, Uri? address = null, BrowserNewContextOptions? options = null)
    {
        var context = await _browser!.NewContextAsync(options);
        context.SetDefaultTimeout(Patience);
        var tab = new Tab(context, await context.NewPageAsync());
        await tab.Page.GotoAsync(new Uri(address ?? Gateway.HttpAddress, $"#{view}").ToString());
        return tab;
    }
}

/// <summary>One browser and one gateway for all tests that change neither.</summary>
[CollectionDefinition(Name)]
public sealed class BrowsingTests : ICollectionFixture<Browsing>
{
    public const string Name = "Browsing";
}
