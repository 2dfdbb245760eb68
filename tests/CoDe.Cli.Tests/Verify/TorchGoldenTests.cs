using System.Globalization;
using System.Text.RegularExpressions;
using CoDe.Cli.Verify;
using CoDe.Engine.Compute;
using CoDe.Engine.Compute.Torch;
using CoDe.Testing;
using Xunit;

namespace CoDe.Cli.Tests.Verify;

/// <summary>The golden cases on libtorch: all of them in float32, and how far 16-bit types are from it.</summary>
public sealed partial class TorchGoldenTests
{
    public static TheoryData<string, string> Cases()
    {
        var data = new TheoryData<string, string>();
        foreach (var folder in GoldenTests.Folders)
        {
            foreach (var part in GoldenFolder.Parts(RepositoryPaths.Golden(folder)))
            {
                data.Add(folder, part);
            }
        }

        return data;
    }

    [TorchTheory]
    [MemberData(nameof(Cases))]
    public void Golden_InFloat32_Agrees(string folder, string part)
    {
        using var backend = TorchBackend.Create(new TorchOptions());
        GoldenTests.AssertAgrees(backend, folder, part);
    }

    /// <summary>
    /// Rounding decides where two codes are close, and all that follows from such a token differs too. Smooth decoding,
    /// which magnifies rounding, and the encoder are left out.
    /// </summary>
    [TorchTheory]
    [InlineData(ElementType.BFloat16, 0.95)]
    [InlineData(ElementType.Float16, 0.99)]
    public void Tokens_In16Bits_AreMostlyThoseOfFloat32(ElementType type, double least)
    {
        using var backend = TorchBackend.Create(new TorchOptions(Type: type));
        using var goldens = GoldenFolder.Open(backend, RepositoryPaths.Golden("published"));
        string[] parts = ["code_n8", "code_n6", "code_n9", "code_n1", "var", "image_stream", "inpaint_n8"];
        int[][] counts = [.. parts.SelectMany(goldens.Check).Where(finding => finding.What == "tokens")
            .Select(finding => Equal().Match(finding.Measured))
            .Select(match => new[] { Integer(match.Groups[1]), Integer(match.Groups[2]) })];
        Assert.Equal(parts.Length, counts.Length);
        Assert.InRange(counts.Sum(count => count[0]) / (double)counts.Sum(count => count[1]), least, 1);

        static int Integer(Group digits) => int.Parse(digits.ValueSpan, CultureInfo.InvariantCulture);
    }

    [TorchTheory]
    [InlineData(ElementType.BFloat16)]
    [InlineData(ElementType.Float16)]
    public void Image_OfForcedTokensIn16Bits_IsAtLeast40Decibels(ElementType type)
    {
        using var backend = TorchBackend.Create(new TorchOptions(Type: type));
        using var goldens = GoldenFolder.Open(backend, RepositoryPaths.Golden("published"));
        var reconstruction = goldens.Check("vqvae").Single(finding => finding.What == "reconstruction");
        var decibels = double.Parse(
            Decibels().Match(reconstruction.Measured).Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        Assert.InRange(decibels, 40, 200);
    }

    [GeneratedRegex(@"^(\d+) of (\d+) equal$")]
    private static partial Regex Equal();

    [GeneratedRegex(@"([\d.]+) dB$")]
    private static partial Regex Decibels();
}
