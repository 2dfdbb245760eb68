using System.Text.Json;
using System.Text.Json.Serialization;
using CoDe.Flow;
using CoDe.Planning;

namespace CoDe.Cli.Plan;

/// <summary>Reads what <c>code bench --json</c> printed: times, and with <c>--plan</c> memory.</summary>
internal static class BenchLines
{
    private const int LargestFile = 16 << 20;

    private static readonly JsonSerializerOptions Json =
        new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <exception cref="InputException">A line is no measurement, or there is none.</exception>
    public static MeasuredTimes Read(IReadOnlyList<string> files)
    {
        StageMeasurement[] rows = [.. files.SelectMany(Read)];
        return rows.Any(row => row.DraftSeconds > 0 || row.RefineSeconds > 0)
            ? new MeasuredTimes(rows)
            : throw new UsageException(
                $"{string.Join(", ", files.Select(file => Printable.Of(file)))}: no times; "
                + "give lines of code bench --json.");
    }

    private static IEnumerable<StageMeasurement> Read(string file)
    {
        foreach (var (index, line) in RegularFile.ReadLines(file, LargestFile).Index())
        {
            if (line.Trim().Length > 0)
            {
                var place = $"{Printable.Of(file)}, line {index + 1}";
                var measured = Parse(line, place);
                measured.Check(place);
                yield return measured;
            }
        }
    }

    private static StageMeasurement Parse(string line, string place)
    {
        try
        {
            if (JsonSerializer.Deserialize<Line>(line, Json) is { Stage: { } stage } read)
            {
                return StageMeasurement.Of(
                    stage, read.Steps, read.Batch, read.DraftS, read.RefineS, read.DecodeS,
                    read.TotalGib ?? read.PeakGib);
            }
        }
        catch (JsonException)
        {
            // Told below.
        }

        throw new UsageException($"{place}: no line of code bench --json with a stage; measure again.");
    }

    /// <summary>Fields that are read of a line; <see cref="TotalGib"/> is of a plan, which has no times.</summary>
    private sealed record Line(
        MeasuredStages? Stage, [property: JsonRequired] int Steps, [property: JsonRequired] int Batch,
        double? DraftS, double? RefineS, double? DecodeS, double? PeakGib, double? TotalGib);
}
