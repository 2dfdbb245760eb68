using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace CoDe.EndToEnd.Hostile;

/// <summary>Counts the server's reactions to each kind of attack.</summary>
internal sealed class Tally
{
    private readonly ConcurrentDictionary<(string Attack, string Reaction), int> _counts = [];
    private readonly ConcurrentQueue<string> _hangs = [];

    public int Total => _counts.Values.Sum();

    /// <summary>Exchanges without any reaction, with the seeds that repeat them.</summary>
    public IReadOnlyCollection<string> Hangs => _hangs;

    public IEnumerable<string> NeverRun
        => AttackTable.All.Select(attack => attack.Name).Except(_counts.Keys.Select(key => key.Attack));

    public void Add(Attack attack, int seed, Reaction reaction)
    {
        _counts.AddOrUpdate((attack.Name, reaction.Name), 1, (_, count) => count + 1);
        if (reaction.Name == Reaction.Hang)
        {
            _hangs.Enqueue($"{attack.Name}, seed {seed}");
        }
    }

    /// <summary>Lists reactions with their counts, the most frequent first.</summary>
    public static string Describe(IReadOnlyDictionary<string, int> reactions)
    {
        var ordered = reactions.OrderByDescending(entry => entry.Value);
        return string.Join(", ", ordered.Select(entry => $"{entry.Key}: {entry.Value}"));
    }

    /// <summary>Writes a table in Markdown, an attack a row.</summary>
    public string ToMarkdown()
    {
        var table = new StringBuilder("| attack | exchanges | reactions |\n|---|---:|---|\n");
        foreach (var attack in AttackTable.All)
        {
            var counts = _counts.Where(entry => entry.Key.Attack == attack.Name);
            var reactions = counts.ToDictionary(entry => entry.Key.Reaction, entry => entry.Value);
            var sum = reactions.Values.Sum();
            table.Append(CultureInfo.InvariantCulture, $"| {attack.Name} | {sum} | {Describe(reactions)} |\n");
        }

        return table.ToString();
    }
}
