using CoDe.EndToEnd.Hostile.Attacks;

namespace CoDe.EndToEnd.Hostile;

/// <summary>Every kind of attack. To add one, add it to the list of a file in <c>Attacks</c>.</summary>
internal static class AttackTable
{
    public static IReadOnlyList<Attack> All { get; } =
    [
        .. PrefaceAttacks.All, .. FrameAttacks.All, .. HpackAttacks.All, .. MetadataAttacks.All,
        .. MessageAttacks.All, .. CallAttacks.All, .. InterruptionAttacks.All, .. FloodAttacks.All,
    ];

    private static readonly Attack[] Drawn = [.. All.SelectMany(attack => Enumerable.Repeat(attack, attack.Weight))];

    public static Attack Draw(Random random) => Drawn[random.Next(Drawn.Length)];
}
