using CoDe.Cli.Verify;
using CoDe.Engine.Compute;
using CoDe.Engine.Compute.Cpu;
using CoDe.Engine.Serving;
using CoDe.Testing;
using Xunit;

namespace CoDe.Cli.Tests.Verify;

/// <summary>Every golden case of the repository on every instruction path that the processor has.</summary>
public sealed class GoldenTests
{
    internal static readonly string[] Folders = ["published", "separate", "single"];

    public static TheoryData<string, InstructionPath, string> Cases()
    {
        var data = new TheoryData<string, InstructionPath, string>();
        foreach (var folder in Folders)
        {
            foreach (var path in CpuBackend.Supported())
            {
                foreach (var part in GoldenFolder.Parts(RepositoryPaths.Golden(folder)))
                {
                    data.Add(folder, path, part);
                }
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Golden_OnAnyPath_Agrees(string folder, InstructionPath path, string part)
    {
        using var backend = CpuBackend.Create(new CpuOptions(path));
        AssertAgrees(backend, folder, part);
    }

    /// <summary>Verification must find errors even where rounding matters most, as in smooth decoding.</summary>
    [Theory]
    [InlineData("published", "smooth_n7")]
    [InlineData("separate", "smooth_n7")]
    [InlineData("published", "code_n8")]
    public void Golden_OfSlightlyOtherSettings_Differs(string folder, string name)
    {
        var path = RepositoryPaths.Golden(folder);
        var golden = GoldenCase.Read(Path.Combine(path, "cases.json"))[name];
        string Model(string model) => Directory.GetFiles(path, model + ".*").Single();
        using var backend = CpuBackend.Create(new CpuOptions());
        using var models = LoadedModels.Load(backend, new ModelNames(Model("drafter"), Model("refiner"), Model("vae")));
        using var tensors = new GoldenTensors(Path.Combine(path, $"case_{name}.safetensors"));
        AssertDiffers(golden with { Cfg = golden.Cfg * 1.01 });
        AssertDiffers(golden with { MoreSmooth = !golden.MoreSmooth });
        AssertDiffers(golden with { Seed = golden.Seed + 1 });

        void AssertDiffers(GoldenCase wrong)
        {
            var findings = new CaseCheck(backend, models, wrong, name, tensors).Run().ToArray();
            Assert.Contains(findings, finding => finding is { What: "f_hat", Agrees: false });
        }
    }

    [Fact]
    public void Report_OfOneDifference_SaysSoAndFails()
    {
        using var output = new StringWriter();
        var code = Report.Print(
            "device",
            [Finding.Tokens("a", "tokens", [1, 2], [1, 2]), Finding.Tokens("b", "tokens", [1, 2], [1, 3])], output);
        Assert.Equal(1, code);
        Assert.Contains("DIFFERS  b", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("1 of 2 equal", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Finding_OfNotANumber_NeverAgrees()
    {
        Assert.False(Finding.Values("a", "image", [1, float.NaN], [1, 2]).Agrees);
        Assert.False(Finding.Values("a", "image", [1, 2], [1]).Agrees);
        Assert.False(Finding.Logits("a", [1, 2], [1, float.NaN]).Agrees);
    }

    internal static void AssertAgrees(IBackend backend, string folder, string part)
    {
        using var goldens = GoldenFolder.Open(backend, RepositoryPaths.Golden(folder));
        var findings = goldens.Check(part).ToArray();
        Assert.NotEmpty(findings);
        Assert.All(
            findings, finding => Assert.True(finding.Agrees, $"{finding.Case} {finding.What} {finding.Measured}"));
    }
}
