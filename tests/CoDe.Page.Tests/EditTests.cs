using CoDe.Testing;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace CoDe.Page.Tests;

/// <summary>The view that draws a marked region of a picture anew.</summary>
[Collection(BrowsingTests.Name)]
public sealed class EditTests(Browsing browsing)
{
    [ProgramFact(Browsing.Program)]
    public async Task Region_MarkedByMouse_IsDrawnAnew()
    {
        await using var tab = await browsing.OpenAsync("make");
        await tab.MakeAsync();
        var mask = await EditAsync(tab);
        var box = (await mask.BoundingBoxAsync())!;
        await tab.Page.Mouse.MoveAsync(box.X + (box.Width / 4), box.Y + (box.Height / 4));
        await tab.Page.Mouse.DownAsync();
        await tab.Page.Mouse.MoveAsync(box.X + (box.Width / 2), box.Y + (box.Height / 4), new() { Steps = 4 });
        await tab.Page.Mouse.UpAsync();
        Assert.True(await MarkedAsync(mask) > 0);

        // What is sent has the region dark and the rest bright.
        var sent = tab.Page.WaitForRequestAsync("**/v1/edit");
        await tab.Page.GetByLabel("Classes").SelectOptionAsync("4");
        await tab.Button("Draw the region anew").ClickAsync();
        await Expect(tab.State).ToContainTextAsync("Done");
        var share = await tab.Page.EvaluateAsync<double>(DarkShare, (await sent).PostData!);
        Assert.InRange(share, 0.02, 0.5);
        var edited = tab.Page.Locator("#edited figure");
        await Expect(edited).ToContainTextAsync("edited: star");
        Assert.True(await Tab.WidthOfAsync(edited.Locator("img")) > 0);

        // It is among the images of the session, too.
        await tab.GoAsync("Make");
        await Expect(tab.Done).ToHaveCountAsync(2);
        await Expect(tab.Done.First).ToContainTextAsync("edited: star");
        tab.AssertNoFault();
    }

    [ProgramFact(Browsing.Program)]
    public async Task Region_MarkedByKeyboard_IsDrawnAnewAndCanBeCleared()
    {
        await using var tab = await browsing.OpenAsync("make");
        await tab.MakeAsync();
        var mask = await EditAsync(tab);
        await mask.FocusAsync();
        await tab.Page.Keyboard.PressAsync("ArrowRight");
        Assert.Equal(0, await MarkedAsync(mask));
        await tab.Page.Keyboard.PressAsync("Space");
        var marked = await MarkedAsync(mask);
        Assert.True(marked > 0);
        await tab.Page.Keyboard.PressAsync("ArrowDown");
        await tab.Page.Keyboard.PressAsync("Space");
        Assert.True(await MarkedAsync(mask) > marked);
        await tab.Button("Clear the marks").ClickAsync();
        Assert.Equal(0, await MarkedAsync(mask));
        await mask.FocusAsync();
        await tab.Page.Keyboard.PressAsync("Space");
        await tab.Button("Draw the region anew").ClickAsync();
        await Expect(tab.Page.Locator("#edited figure")).ToHaveCountAsync(1);
        tab.AssertNoFault();
    }

    [ProgramFact(Browsing.Program)]
    public async Task Picture_OfTheUser_IsEdited()
    {
        await using var tab = await browsing.OpenAsync("edit");
        await Expect(tab.Button("Draw the region anew")).ToBeDisabledAsync();
        await tab.Page.GetByLabel("Picture", new() { Exact = true })
            .SetInputFilesAsync(Path.Combine(RepositoryPaths.Root, "models", "tiny", "expected.png"));
        await Expect(tab.Page.Locator("#mask")).ToBeVisibleAsync();
        await tab.Page.Locator("#mask").ClickAsync();
        await tab.Button("Draw the region anew").ClickAsync();
        await Expect(tab.Page.Locator("#edited figure")).ToHaveCountAsync(1);
        tab.AssertNoFault();
    }

    [ProgramFact(Browsing.Program)]
    public async Task Picture_ThatIsNone_IsRefused()
    {
        await using var tab = await browsing.OpenAsync("edit");
        await tab.Page.GetByLabel("Picture", new() { Exact = true }).SetInputFilesAsync(
            new FilePayload { Name = "broken.png", MimeType = "image/png", Buffer = [1, 2, 3] });
        await Expect(tab.Error).Not.ToBeEmptyAsync();
        await Expect(tab.Button("Draw the region anew")).ToBeDisabledAsync();
    }

    /// <summary>Opens the newest image to be edited, and keeps its pixels without marks.</summary>
    private static async Task<ILocator> EditAsync(Tab tab)
    {
        await tab.Button("Edit").ClickAsync();
        var mask = tab.Page.Locator("#mask");
        await Expect(mask).ToBeVisibleAsync();
        await mask.EvaluateAsync("""
            canvas => {
              window.plain = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
            }
            """);
        return mask;
    }

    /// <summary>Counts pixels that are marked.</summary>
    private static Task<int> MarkedAsync(ILocator mask) => mask.EvaluateAsync<int>("""
        canvas => {
          // Without the focus the brush is not drawn.
          canvas.blur();
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          let marked = 0;
          for (let pixel = 0; pixel < data.length; pixel += 4) {
            marked += [0, 1, 2].some(channel => data[pixel + channel] !== window.plain[pixel + channel]);
          }
          canvas.focus();
          return marked;
        }
        """);

    private const string DarkShare = """
        async sent => {
          const image = new Image();
          image.src = `data:image/png;base64,${JSON.parse(sent).mask.data}`;
          await image.decode();
          const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
          canvas.getContext('2d').drawImage(image, 0, 0);
          const { data } = canvas.getContext('2d').getImageData(0, 0, image.width, image.height);
          let dark = 0;
          for (let pixel = 0; pixel < data.length; pixel += 4) {
            dark += data[pixel] === 0;
          }
          return dark / (data.length / 4);
        }
        """;
}
