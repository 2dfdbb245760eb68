using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace CoDe.EndToEnd.Hostile;

/// <summary>How often the server reacted how to each kind of attack.</summary>
internal sealed class Tally
{
    private readonly ConcurrentDictionary<(string Attack, string Reaction), int> _counts = [];
    private readonly ConcurrentQueue<string> _hangs = [];

    public int Total => _counts.Values.Sum();

    /// <summary>Exchanges without any reaction, with the seeds that repeat them.</summary>
    public IReadOnlyCollection<string> Hangs => _hangs;

    public IEnumerable<string> NeverRun => AttackTable.All.Select(attack => attack.Name).Except(_counts.Keys.Select(key => key.Attack));

    public void Add(Attack attack, int seed, Reaction reaction)
    {
        _counts.AddOrUpdate((attack.Name, reaction.Name), 1, (_, count) => count + 1);
        if (reaction.Name == Reaction.Hang)
        {
            _hangs.Enqueue($"{attack.Name}, seed {seed}");
        }
    }

    /// <summary>A table in Markdown, an attack a row.</summary>
    public string ToMarkdown()
    {
        var table = new StringBuilder("| attack | exchanges | reactions |\n|---|---:|---|\n");
        foreach (var attack in AttackTable.All)
        {
            var reactions = _counts.Where(entry => entry.Key.Attack == attack.Name).OrderByDescending(entry => entry.Value).ToArray();
            table.Append(CultureInfo.InvariantCulture, $"| {attack.Name} | {reactions.Sum(entry => entry.Value)} | {string.Join(", ", reactions.Select(entry => $"{entry.Key.Reaction}: {entry.Value}"))} |\n");
        }

        return table.ToString();
    }
}
