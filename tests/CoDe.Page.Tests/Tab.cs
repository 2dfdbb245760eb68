using System.Collections.Concurrent;
using Microsoft.Playwright;
using Xunit;

namespace CoDe.Page.Tests;

/// <summary>A tab of the browser, with what its console says.</summary>
public sealed class Tab : IAsyncDisposable
{
    /// <summary>Beginning of the line that a browser writes about an answer that is an error.</summary>
    private const string ErrorAnswer = "Failed to load resource";

    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _faults = [];

    public Tab(IBrowserContext context, IPage page)
    {
        (_context, Page) = (context, page);
        page.PageError += (_, error) => _faults.Enqueue(error);
        page.Console += (_, message) =>
        {
            if (message.Type == "error" && !message.Text.StartsWith(ErrorAnswer, StringComparison.Ordinal))
            {
                _faults.Enqueue(message.Text);
            }
        };
    }

    public IPage Page { get; }

    /// <summary>Gets the line that says how far the page is.</summary>
    public ILocator State => Page.Locator("#state");

    /// <summary>Gets the line that says what went wrong.</summary>
    public ILocator Error => Page.Locator("#error");

    /// <summary>Gets the images of the session that are done, the newest first.</summary>
    public ILocator Done => Page.Locator("#gallery .is-done");

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    /// <summary>Opens a view by its link.</summary>
    public Task GoAsync(string view)
        => Page.GetByRole(AriaRole.Navigation)
            .GetByRole(AriaRole.Link, new() { Name = view, Exact = true }).ClickAsync();

    /// <summary>Makes images of the settings and waits until they are done.</summary>
    public async Task MakeAsync(int count = 1)
    {
        await Page.GetByLabel("Images each").FillAsync($"{count}");
        await Button("Make images").ClickAsync();
        await Assertions.Expect(State).ToContainTextAsync($"Done: {count} ");
    }

    /// <summary>Gets the width in pixels of the picture that was decoded, 0 for none.</summary>
    public static Task<int> WidthOfAsync(ILocator image)
        => image.EvaluateAsync<int>("image => image.decode().then(() => image.naturalWidth)");

    /// <summary>Checks that no script failed, and that the page's policy of contents forbade nothing.</summary>
    public void AssertNoFault() => Assert.Empty(_faults);

    public ValueTask DisposeAsync() => _context.DisposeAsync();
}
