using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CoDe.Benchmarks.SideBySide;

/// <summary>
/// Output of every program: seconds of loading and of a batch by stage, and the peak of resident memory.
/// </summary>
/// <param name="Torch">Version of PyTorch or libtorch, where the program is a published one.</param>
/// <param name="Blas">Library of its matrix products, with the kernel that it chose.</param>
internal sealed record Timing(
    [property: JsonPropertyName("load_s")] double Load,
    [property: JsonPropertyName("draft_s")] double Draft,
    [property: JsonPropertyName("refine_s")] double Refine,
    [property: JsonPropertyName("decode_s")] double Decode,
    [property: JsonPropertyName("load_peak_gib")] double LoadPeakGib,
    [property: JsonPropertyName("peak_gib")] double PeakGib,
    [property: JsonPropertyName("torch")] string? Torch = null,
    [property: JsonPropertyName("blas")] string? Blas = null)
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
