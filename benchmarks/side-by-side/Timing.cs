using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CoDe.Benchmarks.SideBySide;

/// <summary>
/// Output of both programs: seconds of loading and of a batch by stage, and the peak of resident memory.
/// </summary>
internal sealed record Timing(
    [property: JsonPropertyName("load_s")] double Load,
    [property: JsonPropertyName("draft_s")] double Draft,
    [property: JsonPropertyName("refine_s")] double Refine,
    [property: JsonPropertyName("decode_s")] double Decode,
    [property: JsonPropertyName("load_peak_gib")] double LoadPeakGib,
    [property: JsonPropertyName("peak_gib")] double PeakGib)
{
    /// <exception cref="InvalidOperationException">The program failed.</exception>
    public static async Task<Timing> OfAsync(string program, IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? JsonSerializer.Deserialize<Timing>(output)!
            : throw new InvalidOperationException($"{program} ended with {process.ExitCode}.");
    }
}

/// <summary>One comparison, for both programs.</summary>
internal sealed record Settings(int Drafter, int Refiner, int Steps, int Batch, int Threads, int Runs)
{
    private bool Alone => Refiner == 0;

    public IEnumerable<string> Reference()
    {
        var (refiner, mode) = Alone ? (16, "var") : (Refiner, "code");
        return [
            "--drafter", $"{Drafter}", "--refiner", $"{refiner}", "--steps", $"{Steps}", "--mode", mode, .. Common()];
    }

    public IEnumerable<string> Ours()
    {
        string[] mode = Alone ? ["--mode", "var"] : ["--refiner", $"synthetic:d{Refiner}", "--steps", $"{Steps}"];
        return ["--drafter", $"synthetic:d{Drafter}", .. mode, .. Common()];
    }

    public override string ToString()
        => Alone ? $"VAR-d{Drafter}, batch {Batch}" : $"d{Drafter} + d{Refiner}, N = {Steps}, batch {Batch}";

    private IEnumerable<string> Common() => ["--batch", $"{Batch}", "--threads", $"{Threads}", "--runs", $"{Runs}"];
}

internal static class Comparison
{
    public const string Head =
        "| models | program | load s | peak then, GiB | draft s | refine s | VQVAE decode s | peak GiB "
        + "| draft + refine, times as fast | decode, times as fast | memory, share |\n"
        + "|---|---|---|---|---|---|---|---|---|---|---|";

    public static string Row(Settings settings, string program, Timing timing, Timing reference)
    {
        var faster = (reference.Draft + reference.Refine) / (timing.Draft + timing.Refine);
        var (decode, memory) = (reference.Decode / timing.Decode, timing.PeakGib / reference.PeakGib);
        return Measured(settings, program, timing)
            + FormattableString.Invariant($" {faster:0.00} | {decode:0.00} | {memory:0.00} |");
    }

    /// <summary>One stage in a process of its own, as a service has it: nothing published is like it.</summary>
    public static string Row(Settings settings, string program, Timing timing)
        => Measured(settings, program, timing) + " | | |";

    private static string Measured(Settings settings, string program, Timing timing)
    {
        var load = FormattableString.Invariant($"{timing.Load:0.0} | {timing.LoadPeakGib:0.00}");
        var stages = FormattableString.Invariant($"{timing.Draft:0.00} | {timing.Refine:0.00} | {timing.Decode:0.00}");
        var peak = FormattableString.Invariant($"{timing.PeakGib:0.00}");
        return $"| {settings} | {program} | {load} | {stages} | {peak} |";
    }
}
