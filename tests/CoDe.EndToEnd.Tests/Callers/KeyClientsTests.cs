using System.Text.Json.Nodes;
using CoDe.EndToEnd.Examples;
using CoDe.Protocol;
using Xunit;

namespace CoDe.EndToEnd.Callers;

/// <summary>Clients with a key, as users run them: the examples in other languages and <c>code jobs</c>.</summary>
public sealed class KeyClientsTests(ClosedService service) : IClassFixture<ClosedService>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("code-images-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [ClientData("python")]
    [ClientData("node")]
    public async Task Example_WithTheKey_GetsItsImage(string client)
    {
        foreach (var program in new[] { "generate", "stream" })
        {
            var result = await ExampleClient.Named(client).RunWithKeyAsync(service.Key, program, Arguments());
            Assert.Equal((0, ""), (result.ExitCode, result.Error));
            Assert.True(File.Exists(Path.Combine(_folder, "00000_star.png")));
            File.Delete(Path.Combine(_folder, "00000_star.png"));
        }
    }

    [Theory]
    [ClientData("python")]
    [ClientData("node")]
    public async Task Example_WithoutTheKey_EndsInOneLine(string client)
    {
        foreach (var (key, reason) in new[]
        {
            ("", "No credentials; allowed: authorization: Bearer KEY, or x-api-key: KEY."),
            (ApiKey.Create(), "The key is not known."),
        })
        {
            foreach (var program in new[] { "generate", "stream" })
            {
                var result = await ExampleClient.Named(client).RunWithKeyAsync(key, program, Arguments());
                Assert.Equal((1, $"UNAUTHENTICATED: {reason}"), (result.ExitCode, result.Error.Trim()));
            }
        }

        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Gateway_WithKeys_StartsWithoutAWarning()
        => Assert.DoesNotContain(service.Log, line => line.Contains(" warn: ", StringComparison.Ordinal));

    [Fact]
    public async Task Jobs_OfTheCommandLine_TakeTheKeyOfAFileOrOfTheEnvironment()
    {
        var gateway = $"http://{service.Address}";
        var none = await CodeProgram.TryAsync([], "jobs", "list", "--gateway", gateway);
        Assert.Equal(
            (1, $"code: {gateway}: No credentials; allowed: authorization: Bearer KEY, or x-api-key: KEY."),
            (none.ExitCode, none.Error.Trim()));
        var submitted = await CodeProgram.TryAsync(
            new() { ["CODE_KEY"] = service.Key }, "jobs", "submit", "--label", "star,heart", "--id", "mine",
            "--gateway", gateway);
        Assert.Equal((0, "mine"), (submitted.ExitCode, submitted.Output.Trim()));
        var watched = await CodeProgram.TryAsync(
            new() { ["CODE_KEY"] = "not this" }, "jobs", "watch", "mine", "--gateway", gateway, "--key-file",
            service.KeyFile);
        Assert.Equal(0, watched.ExitCode);
        var empty = Path.Combine(_folder, "empty");
        await File.WriteAllTextAsync(empty, "\n");
        var wrong = await CodeProgram.TryAsync(
            [], "jobs", "list", "--gateway", gateway, "--key-file", empty);
        Assert.Equal(
            (1, $"code: --key-file is {empty}; allowed: a file with one key and nothing else."),
            (wrong.ExitCode, wrong.Error.Trim()));
    }

    [Fact]
    public async Task Load_WithTheKey_IsServedAtEveryRequest()
    {
        var report = JsonNode.Parse(await CodeProgram.RunAsync(
            "load", "--gateway", $"http://{service.Address}", "--key-file", service.KeyFile, "--warm-up", "0",
            "--clients", "1", "--requests", "3", "--json"))!;
        Assert.Equal("{}", report["failures"]!.ToJsonString());
    }

    [Theory]
    [InlineData("a b", "--name is a b; allowed: 1 to 64 letters")]
    [InlineData("code_x", "--name is code_x; allowed: 1 to 64 letters")]
    public async Task Keys_OfAWrongName_AreNotMade(string name, string problem)
    {
        var made = await CodeProgram.TryAsync([], "keys", "new", "--name", name);
        Assert.NotEqual(0, made.ExitCode);
        Assert.Contains(problem, made.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(ApiKey.Prefix, made.Output, StringComparison.Ordinal);
    }

    private string[] Arguments() => ["--address", service.Address, "--output", _folder, "--label", "star"];
}
