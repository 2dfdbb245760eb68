using CoDe.Protocol;
using CoDe.Testing;
using CoDe.Testing.Processes;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace CoDe.Page.Tests;

/// <summary>The page of a gateway that wants a key.</summary>
[Collection(BrowsingTests.Name)]
public sealed class KeyTests(Browsing browsing) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("code-page-").FullName;

    [ProgramFact(Browsing.Program)]
    public async Task Key_ThatIsAskedFor_OpensThePageUntilTheTabIsClosed()
    {
        var (maker, all) = (ApiKey.Create(), ApiKey.Create());
        var file = Path.Combine(_folder, "keys");
        await File.WriteAllLinesAsync(
            file, [$"maker {ApiKey.DigestOf(maker)}", $"all {ApiKey.DigestOf(all)} roles=generate,jobs,operate"]);
        await using var gateway = await ServiceProcess.StartGatewayAsync($"--Gateway:Callers:KeyFile={file}");
        await using var tab = await browsing.OpenAsync("make", gateway.HttpAddress);
        var key = tab.Page.Locator("#key");
        await Expect(key).ToBeFocusedAsync();
        await Expect(tab.Button("Make images")).ToBeDisabledAsync();

        await EnterAsync("wrong");
        await Expect(tab.Error).ToHaveTextAsync("The key is not known.");
        await EnterAsync(maker);
        await Expect(key).ToBeHiddenAsync();
        await tab.MakeAsync();
        await tab.Button("Show the call").ClickAsync();
        await Expect(tab.Page.GetByLabel("Python")).ToContainTextAsync("CODE_KEY");
        Assert.DoesNotContain(maker, await tab.Page.ContentAsync(), StringComparison.Ordinal);
        await tab.Page.Keyboard.PressAsync("Escape");

        // A reload keeps it; another tab has to be given it.
        await tab.Page.ReloadAsync();
        await tab.MakeAsync();
        await using var other = await browsing.OpenAsync("timeline", gateway.HttpAddress);
        await Expect(other.Page.Locator("#key")).ToBeVisibleAsync();
        await other.Page.Locator("#key").FillAsync(all);
        await other.Button("Use the key").ClickAsync();
        await Expect(other.Page.Locator("#timeline-state")).ToHaveTextAsync("Live.");
        await other.GoAsync("Make");
        await other.MakeAsync();
        tab.AssertNoFault();
        other.AssertNoFault();

        async Task EnterAsync(string text)
        {
            await key.FillAsync(text);
            await tab.Button("Use the key").ClickAsync();
        }
    }

    [ProgramFact(Browsing.Program)]
    public async Task Key_EnteredBeforeAnAnswerWithoutIt_IsKept()
    {
        var key = ApiKey.Create();
        var file = Path.Combine(_folder, "keys");
        await File.WriteAllTextAsync(file, $"all {ApiKey.DigestOf(key)} roles=generate,jobs,operate\n");
        await using var gateway = await ServiceProcess.StartGatewayAsync($"--Gateway:Callers:KeyFile={file}");
        await using var tab = await browsing.OpenAsync("make", gateway.HttpAddress);
        var isEntered = new TaskCompletionSource();
        var late = new TaskCompletionSource();
        await tab.Page.RouteAsync("**/v1/timeline", async route =>
        {
            if (route.Request.Headers.ContainsKey("authorization"))
            {
                await route.ContinueAsync();
                return;
            }

            // What follows an answer to it must come after the key.
            await isEntered.Task;
            await route.FulfillAsync(new() { Status = 401, Body = """{"code":16,"message":"No credentials."}""" });
            late.SetResult();
        });
        await tab.GoAsync("Timeline");
        await tab.Page.Locator("#key").FillAsync(key);
        await tab.Button("Use the key").ClickAsync();
        isEntered.SetResult();
        await late.Task;
        await Expect(tab.Page.Locator("#timeline-state")).ToHaveTextAsync("Live.");
        await tab.GoAsync("Make");
        await tab.MakeAsync();
        await Expect(tab.Page.Locator("#key")).ToBeHiddenAsync();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
