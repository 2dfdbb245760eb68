using System.Globalization;
using CoDe.Flow;

namespace CoDe.Planning;

/// <summary>Devices that there are, and what they must reach.</summary>
/// <param name="Devices">Devices at most.</param>
/// <param name="DeviceGibibytes">Memory of a device; null where it is not counted.</param>
/// <param name="Rate">Images a second; null for as many as can be.</param>
/// <param name="Latency">Seconds within which 95 % of the images come; null for any.</param>
/// <param name="Steps">Each N to choose from; none for all that were measured.</param>
public sealed record PlanGoal(
    int Devices, double? DeviceGibibytes = null, double? Rate = null, double? Latency = null,
    IReadOnlyList<int>? Steps = null)
{
    public const int MostDevices = 64;

    private const double MostGibibytes = 1 << 20;
    private const double MostPerSecond = 100_000;
    private const double LongestSeconds = 86_400;

    /// <exception cref="InvalidSettingException">A value is out of its range, or an N was not measured.</exception>
    public void Check(MeasuredTimes times)
    {
        if (Devices is < 1 or > MostDevices)
        {
            throw new InvalidSettingException("devices", Text(Devices), $"1 to {MostDevices}");
        }

        CheckAbove0("device_gib", DeviceGibibytes, MostGibibytes);
        CheckAbove0("rate", Rate, MostPerSecond);
        CheckAbove0("latency", Latency, LongestSeconds);
        if (DeviceGibibytes is { } memory && !times.HaveMemory)
        {
            throw new InvalidSettingException("device_gib", Text(memory), "nothing, since times have no peak_gib");
        }

        foreach (var steps in (Steps ?? []).Except(times.Steps))
        {
            throw new InvalidSettingException("steps", Text(steps), string.Join(", ", times.Steps));
        }
    }

    private static void CheckAbove0(string field, double? value, double most)
    {
        if (value is { } given && !(given > 0 && given <= most))
        {
            throw new InvalidSettingException(
                field, Text(given), FormattableString.Invariant($"above 0 to {most}"));
        }
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
