using System.Globalization;
using CoDe.Engine.Stages;

namespace CoDe.Cli.Generate;

/// <summary>What a run took.</summary>
internal static class Summary
{
    public static void Print(string device, string output, int images, TimeSpan loaded, StageTimes times)
    {
        var seconds = times.Total.TotalSeconds;
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{output}: {images} image{(images == 1 ? "" : "s")} in {seconds:0.000} s, {images / seconds:0.00} images/s on {device}"));
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"load {loaded.TotalSeconds:0.000} s, draft {times.Draft.TotalSeconds:0.000} s, refine {times.Refine.TotalSeconds:0.000} s, decode {times.Decode.TotalSeconds:0.000} s"));
    }
}
