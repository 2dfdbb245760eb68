using System.Globalization;

namespace CoDe.Cli.Verify;

/// <summary>Prints the table of findings.</summary>
internal static class Report
{
    /// <returns>0 where all agrees, else 1.</returns>
    public static int Print(string device, IEnumerable<Finding> findings, TextWriter output)
    {
        var (agreed, total) = (0, 0);
        output.WriteLine(device);
        foreach (var finding in findings)
        {
            var verdict = finding.Agrees ? "agrees " : "DIFFERS";
            output.WriteLine($"{verdict}  {finding.Case,-18} {finding.What,-15} {finding.Measured}");
            agreed += finding.Agrees ? 1 : 0;
            total++;
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{agreed} of {total} comparisons agree."));
        return agreed == total && total > 0 ? 0 : 1;
    }
}
