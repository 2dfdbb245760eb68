using CoDe.Flow;
using Spectre.Console;

namespace CoDe.Cli.Generate;

/// <summary>Progress by scale on standard error: a bar on a terminal, a line a scale elsewhere.</summary>
internal abstract class DecodingProgress : IDisposable
{
    /// <param name="total">Scales of all batches together.</param>
    public static DecodingProgress Start(int total, ScaleSchedule schedule, GenerateRequest request)
    {
        var drafted = request.Models.Alone ? schedule.Count : request.Models.Steps;
        return Console.IsErrorRedirected
            ? new PlainProgress(total, schedule, drafted)
            : new BarProgress(total, schedule, drafted);
    }

    public abstract void ScaleDone(int scale);

    public abstract void Dispose();

    private static string Describe(int scale, ScaleSchedule schedule, int drafted)
    {
        var (stage, side) = (scale < drafted ? "draft " : "refine", schedule.Side(scale));
        return FormattableString.Invariant(
            $"{stage} scale {scale + 1,2} of {schedule.Count}: {side} x {side} tokens");
    }

    private sealed class PlainProgress(int total, ScaleSchedule schedule, int drafted) : DecodingProgress
    {
        private int _done;

        public override void ScaleDone(int scale)
            => Console.Error.WriteLine(
                FormattableString.Invariant($"[{++_done}/{total}] {Describe(scale, schedule, drafted)}"));

        public override void Dispose()
        {
        }
    }

    private sealed class BarProgress : DecodingProgress
    {
        private const int Width = 30;

        private readonly IAnsiConsole _console = AnsiConsole.Create(
            new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        private readonly ScaleSchedule _schedule;
        private readonly int _total;
        private readonly int _drafted;
        private int _done;

        public BarProgress(int total, ScaleSchedule schedule, int drafted)
        {
            (_total, _schedule, _drafted) = (total, schedule, drafted);
            _console.Cursor.Hide();
        }

        public override void ScaleDone(int scale)
        {
            _done++;
            var filled = _done * Width / _total;
            var bar = $"[green]{new string('━', filled)}[/][grey]{new string('━', Width - filled)}[/]";
            _console.Markup($"\r{bar} {_done * 100 / _total,3} %  {Describe(scale, _schedule, _drafted)}   ");
        }

        public override void Dispose()
        {
            _console.WriteLine();
            _console.Cursor.Show();
        }
    }
}
