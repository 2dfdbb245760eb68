using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using CoDe.Imaging;
using CoDe.Testing;
using CoDe.Testing.Processes;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace CoDe.Page.Tests;

/// <summary>Calls that the page offers to copy: run as they are.</summary>
[Collection(BrowsingTests.Name)]
public sealed class CallsTests(Browsing browsing) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("code-calls-").FullName;

    [ProgramFact(Browsing.Program)]
    public async Task Calls_OfTheSettings_MakeWhatThePageMakes()
    {
        await using var tab = await browsing.OpenAsync("make");
        await tab.Page.GetByLabel("Classes").SelectOptionAsync(["0", "5"]);
        await tab.Page.GetByLabel("Seed").FillAsync("12345678901234567890");
        await tab.Page.GetByLabel("Guidance").FillAsync("2.5");
        await tab.Button("Show the call").ClickAsync();
        var dialog = tab.Page.GetByRole(Microsoft.Playwright.AriaRole.Dialog);

        var curl = await dialog.GetByLabel("curl", new() { Exact = true }).InnerTextAsync();
        var answer = JsonNode.Parse(await RunAsync("bash", "-c", curl))!;
        Assert.Equal("12345678901234567890", answer["seed"]!.GetValue<string>());
        var images = answer["images"]!.AsArray();
        Assert.Equal([0, 5], images.Select(image => image!["label"]!.GetValue<int>()));

        Assert.Empty(await RunAsync("python3", "-c", await dialog.GetByLabel("Python").InnerTextAsync()));
        for (var index = 0; index < 2; index++)
        {
            var written = await File.ReadAllBytesAsync(
                Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"{index}.png")));
            Assert.Equal(Convert.FromBase64String(images[index]!["image"]!["data"]!.GetValue<string>()), written);
            Assert.True(PictureCodec.Decode(written).Width > 0);
        }

        // There is no grpcurl here; its address and request are those of a call that the port takes.
        var grpcurl = await dialog.GetByLabel("grpcurl").InnerTextAsync();
        Assert.EndsWith(
            $"127.0.0.1:{browsing.Gateway.Port} code.v1.Generation/Generate", grpcurl, StringComparison.Ordinal);
        Assert.Contains(
            """{"model":"tiny","labels":["0","5"],"seed":"12345678901234567890",""", grpcurl,
            StringComparison.Ordinal);

        await dialog.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Copy" }).First.ClickAsync();
        await Expect(dialog.GetByText("Copied").Or(dialog.GetByText("Selected; press Ctrl+C"))).ToBeVisibleAsync();
        await tab.Page.Keyboard.PressAsync("Escape");
        await Expect(dialog).ToBeHiddenAsync();
        tab.AssertNoFault();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<string> RunAsync(string program, params string[] arguments)
    {
        var result = await Command.RunAsync(new ProcessStartInfo(program, arguments) { WorkingDirectory = _folder });
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Output;
    }
}
