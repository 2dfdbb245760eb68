using System.Diagnostics;
using Spectre.Console;

namespace CoDe.Cli.Sample;

/// <summary>
/// Progress of a run on standard error: a bar with the time left on a terminal, a line a class elsewhere.
/// </summary>
internal abstract class SampleProgress(int total)
{
    /// <summary>Images complete, those of earlier runs among them.</summary>
    public int Done { get; private set; }

    public int Total => total;

    public static SampleProgress Start(int total)
        => Console.IsErrorRedirected ? new PlainSampleProgress(total) : new BarSampleProgress(total);

    /// <summary>Runs the work with the display up.</summary>
    public abstract void Run(Action work);

    public abstract void ClassDone(string name);

    /// <param name="decoded">Whether these were decoded now; those found on disk say nothing of the speed.</param>
    public virtual void Advance(int images, bool decoded) => Done += images;
}

internal sealed class PlainSampleProgress(int total) : SampleProgress(total)
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private int _decoded;

    public override void Run(Action work) => work();

    public override void Advance(int images, bool decoded)
    {
        base.Advance(images, decoded);
        _decoded += decoded ? images : 0;
    }

    public override void ClassDone(string name)
    {
        var elapsed = Stopwatch.GetElapsedTime(_start);
        var left = _decoded == 0 ? TimeSpan.Zero : elapsed * ((double)(Total - Done) / _decoded);
        var rate = _decoded / elapsed.TotalSeconds;
        Console.Error.WriteLine(FormattableString.Invariant(
            $"[{Done}/{Total}] {name} done, {rate:0.00} images/s, {left:d\\.hh\\:mm\\:ss} left"));
    }
}

internal sealed class BarSampleProgress(int total) : SampleProgress(total)
{
    private ProgressTask? _task;

    public override void Run(Action work)
        => ProgressBars.Run(context =>
        {
            _task = context.AddTask("sampling", maxValue: Total);
            work();
        });

    public override void Advance(int images, bool decoded)
    {
        base.Advance(images, decoded);
        _task!.Value = Done;
    }

    public override void ClassDone(string name)
        => _task!.Description = Markup.Escape(FormattableString.Invariant($"{name}, {Done} of {Total}"));
}
