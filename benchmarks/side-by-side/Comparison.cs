namespace CoDe.Benchmarks.SideBySide;

/// <summary>Times the published programs, then ours, and writes a row for each.</summary>
/// <param name="published">Names of <see cref="Contestant.AllPublished"/>.</param>
/// <param name="ours">Names of <see cref="Contestant.AllOurs"/>.</param>
/// <param name="stages">Stages of ours that are also timed alone.</param>
/// <param name="python">An interpreter that has PyTorch.</param>
/// <param name="script"><c>reference_bench.py</c></param>
internal sealed class Comparison(
    IReadOnlyList<string> published, IReadOnlyList<string> ours, IReadOnlyList<string> stages,
    string python, string script)
{
    public async Task RunAsync(Settings settings, TextWriter output)
    {
        Contestant[] programs = [.. published.Select(name => Contestant.Published(name, settings, python, script))];
        var anchors = new List<Timing>();
        foreach (var program in programs)
        {
            anchors.Add(await program.RunAsync());
        }

        foreach (var (program, timing) in programs.Zip(anchors))
        {
            await output.WriteLineAsync(Table.Row(settings, program, timing, anchors));
        }

        foreach (var name in ours)
        {
            var program = Contestant.Ours(name, settings);
            await output.WriteLineAsync(Table.Row(settings, program, await program.RunAsync(), anchors));
            foreach (var part in stages.Select(stage => Contestant.Ours(name, settings, stage)))
            {
                await output.WriteLineAsync(Table.Row(settings, part, await part.RunAsync()));
            }
        }
    }
}
