using System.Diagnostics;
using CoDe.Engine.Training.Running;
using Spectre.Console;

namespace CoDe.Cli.Train;

/// <summary>
/// Progress on standard error, with the loss and the time left: a bar on a terminal, some lines elsewhere.
/// </summary>
internal abstract class TrainingProgress
{
    public static TrainingProgress Start()
        => Console.IsErrorRedirected ? new PlainTrainingProgress() : new BarTrainingProgress();

    /// <summary>Runs the work with the display up.</summary>
    public abstract void Run(Action work);

    public abstract void Encoded(int images, int of);

    public abstract void Stepped(TrainingReport report);

    protected static string Text(TrainingReport report)
        => FormattableString.Invariant($"step {report.Step} of {report.Steps}, loss {report.Loss:0.0000}");
}

internal sealed class PlainTrainingProgress : TrainingProgress
{
    /// <summary>Lines of a whole run.</summary>
    private const int Lines = 50;

    private long _start;
    private long _first = -1;

    public override void Run(Action work) => work();

    public override void Encoded(int images, int of)
    {
        if (images == of)
        {
            Console.Error.WriteLine($"{of} images have tokens");
        }
    }

    public override void Stepped(TrainingReport report)
    {
        if (_first < 0)
        {
            (_first, _start) = (report.Step, Stopwatch.GetTimestamp());
        }

        var isMark = report.Step % Math.Max(1, report.Steps / Lines) == 0;
        if (isMark || report.Step == report.Steps || report.Step == _first)
        {
            Console.Error.WriteLine($"{Text(report)}, {Left(report)}");
        }
    }

    private string Left(TrainingReport report)
    {
        var taken = report.Step - _first;
        return taken == 0
            ? FormattableString.Invariant($"rate {report.Rate:0.0e+00}")
            : (Stopwatch.GetElapsedTime(_start) * ((double)(report.Steps - report.Step) / taken))
                .ToString(@"d\.hh\:mm\:ss", null) + " left";
    }
}

internal sealed class BarTrainingProgress : TrainingProgress
{
    private ProgressContext? _context;
    private ProgressTask? _encoding;
    private ProgressTask? _training;

    public override void Run(Action work)
        => ProgressBars.Run(context =>
        {
            _context = context;
            work();
        });

    public override void Encoded(int images, int of)
    {
        _encoding ??= _context!.AddTask("tokens", maxValue: of);
        _encoding.Value = images;
    }

    public override void Stepped(TrainingReport report)
    {
        _training ??= _context!.AddTask("training", maxValue: report.Steps);
        _training.Value = report.Step;
        _training.Description = Markup.Escape(Text(report));
    }
}
