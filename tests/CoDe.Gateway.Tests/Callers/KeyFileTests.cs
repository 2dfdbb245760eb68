using CoDe.Gateway.Callers;
using CoDe.Protocol;
using Xunit;

namespace CoDe.Gateway.Tests.Callers;

/// <summary>The file of keys: what it may have, and how a change of it is taken over.</summary>
public sealed class KeyFileTests : IDisposable
{
    private static readonly CallerLimits Defaults = new(1, 2, 3);

    private static readonly string Key = ApiKey.Create();
    private static readonly string Digest = ApiKey.DigestOf(Key);
    private static readonly string Other = ApiKey.DigestOf(ApiKey.Create());

    private readonly string _folder = Directory.CreateTempSubdirectory("code-keys-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Parse_OfLines_KnowsEachCallerWithRolesAndLimits()
    {
        var keys = KeyFile.Parse(
            $"# callers\n\nalice {Digest}\n\tbob\t{Other.ToUpperInvariant()}  roles=jobs,operate images-per-minute=600 "
            + "images-queued=0 jobs-running=7 # no longer than May\r\n",
            Defaults);
        var alice = Assert.IsType<CallerIdentity>(keys.Find(Key)!.Identity);
        Assert.Equal(("alice", "generate", Defaults), (alice.CallerName, alice.Roles, alice.Limits));
        Assert.Equal(new CallerLimits(600, 0, 7), keys.LimitsOf("bob"));
        Assert.Null(keys.LimitsOf("eve"));
        Assert.Null(keys.Find(Digest));
        Assert.Null(keys.Find(""));
    }

    [Fact]
    public void Parse_OfTwoKeysOfACaller_KnowsBoth()
    {
        var second = ApiKey.Create();
        var keys = KeyFile.Parse($"alice {Digest}\nalice {ApiKey.DigestOf(second)} roles=operate", Defaults);
        Assert.Equal("alice", keys.Find(Key)!.Identity!.Name);
        Assert.True(keys.Find(second)!.IsInRole("operate"));
        Assert.False(keys.Find(Key)!.IsInRole("operate"));
    }

    [Theory]
    [InlineData("", "which has no caller")]
    [InlineData("# nobody\n", "which has no caller")]
    [InlineData("alice", "whose line 1 has no SHA-256 of a key after the name; allowed: 64 hexadecimal digits")]
    [InlineData("alice KEY", "whose line 1 has no SHA-256 of a key after the name")]
    [InlineData("KEY alice", "whose line 1 begins with no name; allowed: 1 to 64 letters")]
    [InlineData("jwt~alice DIGEST", "whose line 1 begins with no name")]
    [InlineData("\nalice DIGEST role=jobs", "whose line 2 has an unknown field; allowed: roles=..., images-per-minute")]
    [InlineData("alice DIGEST KEY", "whose line 1 has an unknown field")]
    [InlineData("alice DIGEST roles=root", "whose line 1 has the role root; allowed: generate, jobs, operate")]
    [InlineData("alice DIGEST images-queued=-1", "whose line 1 has images-queued=-1; allowed: a whole number")]
    [InlineData("alice DIGEST jobs-running=many", "whose line 1 has jobs-running=many; allowed: a whole number")]
    [InlineData("alice DIGEST\nbob DIGEST", "whose line 2 has a key that is there already")]
    [InlineData("alice DIGEST\nalice OTHER jobs-running=9", "whose line 2 has other limits than alice has above")]
    public void Parse_OfAWrongLine_NamesItAndNoKey(string text, string problem)
    {
        var error = Assert.Throws<KeyFileException>(() => KeyFile.Parse(
            text.Replace("KEY", Key, StringComparison.Ordinal).Replace("DIGEST", Digest, StringComparison.Ordinal)
                .Replace("OTHER", Other, StringComparison.Ordinal),
            Defaults));
        Assert.StartsWith(problem, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void File_ThatIsBroken_LeavesWhatItHadAndIsToldOnce()
    {
        var path = Path.Combine(_folder, "keys");
        File.WriteAllText(path, $"alice {Digest}");
        var file = Open(path);
        File.WriteAllText(path, "alice nonsense");
        var error = Assert.Throws<UnusableFileException>(() => file.Reload());
        Assert.StartsWith(
            $"Gateway:Callers:KeyFile is {path}, whose line 1 has no SHA-256", error.Message, StringComparison.Ordinal);
        Assert.False(file.Reload());
        Assert.NotNull(file.Current.Find(Key));
        File.Delete(path);
        Assert.Throws<UnusableFileException>(() => file.Reload());
        Assert.NotNull(file.Current.Find(Key));
        File.WriteAllText(path, $"bob {Other}");
        Assert.True(file.Reload());
        Assert.Null(file.Current.Find(Key));
    }

    /// <summary>Kubernetes switches a link to a folder; the new file may be older than the former.</summary>
    [Fact]
    public void File_BehindALinkThatIsSwitched_IsTakenOver()
    {
        foreach (var (version, line) in new[] { ("2", $"bob {Other}"), ("1", $"alice {Digest}") })
        {
            Directory.CreateDirectory(Path.Combine(_folder, version));
            File.WriteAllText(Path.Combine(_folder, version, "keys"), line);
        }

        Directory.CreateSymbolicLink(Path.Combine(_folder, "data"), "1");
        var path = Path.Combine(_folder, "keys");
        File.CreateSymbolicLink(path, Path.Combine("data", "keys"));
        var file = Open(path);
        Assert.NotNull(file.Current.Find(Key));
        Directory.Delete(Path.Combine(_folder, "data"));
        Directory.CreateSymbolicLink(Path.Combine(_folder, "data"), "2");
        Assert.True(file.Reload());
        Assert.Null(file.Current.Find(Key));
    }

    private static ReloadedFile<CallerKeys> Open(string path)
        => new("Gateway:Callers:KeyFile", path, text => KeyFile.Parse(text, Defaults));
}
