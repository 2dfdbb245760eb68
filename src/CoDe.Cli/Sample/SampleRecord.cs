using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CoDe.Engine.Serving;
using CoDe.Engine.Weights;
using CoDe.Flow;

namespace CoDe.Cli.Sample;

/// <summary>
/// Record of everything that decides the images of a run, kept beside them as <c>settings.json</c>. Evaluations that do
/// not match differ most often in settings and rounding. A run resumes only if the record is the same.
/// </summary>
internal sealed record SampleRecord
{
    public const string FileName = "settings.json";

    /// <summary>Bytes of a record.</summary>
    private const int LargestFile = 1 << 20;

    public required string Mode { get; init; }

    public required int? Steps { get; init; }

    public required double Guidance { get; init; }

    public required int TopK { get; init; }

    public required double TopP { get; init; }

    public required IReadOnlyList<double> Temperatures { get; init; }

    public required bool Smooth { get; init; }

    public required ulong Seed { get; init; }

    public required int PerClass { get; init; }

    public required IReadOnlyList<int> Labels { get; init; }

    /// <summary>Conversion from [0, 1] to bytes.</summary>
    public string Pixels { get; init; } = "value * 255, fraction cut off";

    /// <summary>Source of an image's noise.</summary>
    public string Noise { get; init; } = "Philox4x32-10, image = label * per_class plus its number in the class";

    /// <summary>
    /// Device, instruction path and precision: see <see cref="CoDe.Engine.Compute.IBackend.Arithmetic"/>.
    /// </summary>
    public required string Arithmetic { get; init; }

    public required IReadOnlyDictionary<string, string> Models { get; init; }

    private static JsonSerializerOptions Format { get; } = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    public static SampleRecord Of(SamplePlan plan, IReadOnlyList<int> labels, string arithmetic) => new()
    {
        Mode = plan.Models.Alone ? "var" : "code",
        Steps = plan.Models.Alone ? null : plan.Models.Steps,
        Guidance = plan.Sampling.Guidance,
        TopK = plan.Sampling.TopK,
        TopP = plan.Sampling.TopP,
        Temperatures = plan.Sampling.Temperatures,
        Smooth = plan.Sampling.Smooth,
        Seed = plan.Seed,
        PerClass = plan.PerClass,
        Labels = labels,
        Arithmetic = arithmetic,
        Models = Digests(plan.Models.Names),
    };

    /// <summary>Writes the record, or checks that the one there is the same.</summary>
    /// <exception cref="UsageException">The folder holds images of other settings, or of unknown ones.</exception>
    public void Claim(string folder)
    {
        var path = Path.Combine(folder, FileName);
        var text = JsonSerializer.Serialize(this, Format);
        var hasImages = Directory.EnumerateFiles(folder, "*.png").Any();
        if (File.Exists(path) && (hasImages || RegularFile.Length(path) > 0))
        {
            var there = string.Join('\n', RegularFile.ReadLines(path, LargestFile));
            if (there != text)
            {
                throw new UsageException(
                    $"{folder} holds images of other settings ({FirstDifference(there, text)}). "
                    + "Give another --output, or the same settings.");
            }
        }
        else if (hasImages)
        {
            throw new UsageException($"{folder} holds images but no {FileName}. Give an empty --output.");
        }
        else
        {
            WholeFile.Write(path, Encoding.UTF8.GetBytes(text));
        }
    }

    private static string FirstDifference(string there, string here)
        => there.Split('\n').Zip(here.Split('\n')).Where(pair => pair.First != pair.Second)
            .Select(pair => $"there {pair.First.Trim()}, now {pair.Second.Trim()}")
            .FirstOrDefault("they differ in length");

    private static SortedDictionary<string, string> Digests(ModelNames names)
    {
        var digests = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["drafter"] = Digest(names.Drafter),
            ["vqvae"] = Digest(names.Vqvae),
        };
        if (names.Refiner is { } refiner)
        {
            digests["refiner"] = Digest(refiner);
        }

        return digests;
    }

    private static string Digest(string model)
    {
        var (path, part) = Checkpoint.Locate(model);
        if (!File.Exists(path))
        {
            return model;
        }

        using var file = File.OpenRead(path);
        var name = part is null ? Path.GetFileName(path) : $"{Path.GetFileName(path)}, {part},";
        return $"{name} sha256:{Convert.ToHexStringLower(SHA256.HashData(file))}";
    }
}
