using System.Buffers.Binary;
using CoDe.Engine.Serving;
using CoDe.Testing;
using Xunit;

namespace CoDe.Shared.Tests.Hosting.Startup;

/// <summary>
/// Starts with files that are not weights, or not the right ones: they end with one line that names the file.
/// </summary>
public sealed class UnusableWeightsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("code-weights-").FullName;

    [Theory]
    [InlineData("/no/such/file.pth")]
    [InlineData("synthetic:d99")]
    public async Task Checkpoint_ThatIsNotThere_EndsInOneLine(string checkpoint)
    {
        await AssertOneLineAsync("drafter", "Models", checkpoint, TinyModel.Vqvae, checkpoint);
        await AssertOneLineAsync("refiner", "Models", TinyModel.Refiner, checkpoint, checkpoint);
    }

    public static TheoryData<string, byte[]> Foreign()
    {
        var whole = File.ReadAllBytes(TinyModel.Refiner);
        return new()
        {
            { "empty.pth", [] },
            { "text.pth", "no weights at all"u8.ToArray() },
            { "text.safetensors", "{\"no\": \"weights\"}"u8.ToArray() },
            { "picture.pth", File.ReadAllBytes(Path.Combine(RepositoryPaths.Root, "models", "tiny", "expected.png")) },
            { "half.safetensors", whole[..(whole.Length / 2)] },
            { "header.safetensors", whole[..100] },
            { "last.safetensors", whole[..^1] },
            { "half.pth", Half("single/drafter.pth") },
            { "nan.safetensors", Nan(whole) },
        };

        // Behind the length of the header and the header, every number is all ones.
        static byte[] Nan(byte[] file)
        {
            byte[] filled = [.. file];
            filled.AsSpan(sizeof(long) + (int)BinaryPrimitives.ReadInt64LittleEndian(file)).Fill(byte.MaxValue);
            return filled;
        }

        static byte[] Half(string golden)
        {
            var file = File.ReadAllBytes(Path.Combine(RepositoryPaths.Root, "tests", "golden", golden));
            return file[..(file.Length / 2)];
        }
    }

    [Theory]
    [MemberData(nameof(Foreign))]
    public async Task Checkpoint_ThatIsNone_EndsInOneLine(string name, byte[] content)
    {
        var file = Path.Combine(_folder, name);
        await File.WriteAllBytesAsync(file, content);
        await AssertOneLineAsync("drafter", "Models", file, TinyModel.Vqvae, name);
        await AssertOneLineAsync("refiner", "Models", TinyModel.Refiner, file, name);
        await AssertOneLineAsync("worker", "Drafters", file, TinyModel.Vqvae, name);
        await AssertOneLineAsync("gateway", "Drafters", file, TinyModel.Vqvae, name);
    }

    [Fact]
    public async Task Folder_InPlaceOfACheckpoint_EndsInOneLine()
        => await AssertOneLineAsync("drafter", "Models", _folder, TinyModel.Vqvae, _folder);

    [Fact]
    public async Task Vqvae_InPlaceOfATransformer_EndsInOneLine()
        => await AssertOneLineAsync("refiner", "Models", TinyModel.Vqvae, TinyModel.Vqvae, "vqvae.safetensors");

    [Fact]
    public async Task Transformer_InPlaceOfAVqvae_EndsInOneLine()
        => await AssertOneLineAsync(
            "drafter", "Models", TinyModel.Drafter, TinyModel.Refiner, "refiner_d2.safetensors");

    [Theory]
    [InlineData("single/drafter.pth")]
    [InlineData("published/refiner.safetensors")]
    public async Task Transformer_OfOtherCodesThanTheVqvae_EndsInOneLine(string golden)
        => await AssertOneLineAsync(
            "drafter", "Models", Path.Combine(RepositoryPaths.Root, "tests", "golden", golden),
            TinyModel.Vqvae, "do not fit together");

    [Fact]
    public async Task Steps_BeyondTheCheckpointsScales_EndInOneLine()
        => await AssertOneLineAsync(
            "drafter", "Models", TinyModel.Drafter, TinyModel.Vqvae,
            "x: Steps has 11; the checkpoint has 10 scales", "--Drafter:Models:0:Steps:0=11");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task AssertOneLineAsync(
        string service, string models, string checkpoint, string vqvae, string message, params string[] further)
    {
        var section = service == "gateway" ? "worker" : service;
        string[] refiners = models == "Drafters"
            ? [.. Model($"{section}:Refiners", TinyModel.Refiner, TinyModel.Vqvae)]
            : [];
        await ServiceRun.AssertOneLineAsync(service, [
            $"--{service}:Port=0", $"--{service}:HttpPort=off", $"--{service}:Host=127.0.0.1",
            .. Model($"{section}:{models}", checkpoint, vqvae), .. refiners, .. further], message);
    }

    private static IEnumerable<string> Model(string list, string checkpoint, string vqvae)
        => [$"--{list}:0:Name=x", $"--{list}:0:Checkpoint={checkpoint}", $"--{list}:0:Vqvae={vqvae}"];
}
