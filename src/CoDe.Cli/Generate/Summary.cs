using System.Globalization;
using CoDe.Engine.Stages;

namespace CoDe.Cli.Generate;

/// <summary>Prints the time of a run.</summary>
internal static class Summary
{
    public static void Print(string device, string output, int images, TimeSpan loaded, StageTimes times)
    {
        var seconds = times.Total.TotalSeconds;
        var count = FormattableString.Invariant($"{images} image{(images == 1 ? "" : "s")}");
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{output}: {count} in {seconds:0.000} s, {images / seconds:0.00} images/s on {device}"));
        Console.Out.WriteLine(
            $"load {Seconds(loaded)}, draft {Seconds(times.Draft)}, "
            + $"refine {Seconds(times.Refine)}, decode {Seconds(times.Decode)}");
    }

    private static string Seconds(TimeSpan time) => FormattableString.Invariant($"{time.TotalSeconds:0.000} s");
}
