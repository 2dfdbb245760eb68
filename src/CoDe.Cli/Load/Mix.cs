using CoDe.Flow;

namespace CoDe.Cli.Load;

/// <summary>Values with weights, such as <c>8:3,6:1</c>: three of four times 8, else 6.</summary>
internal sealed class Mix
{
    private const string Allowed = "numbers from 1, with weights above 0 where there are several, such as 8 or 8:3,6:1";

    private readonly (uint Value, double Weight)[] _parts;
    private readonly double _total;

    private Mix((uint Value, double Weight)[] parts) => (_parts, _total) = (parts, parts.Sum(part => part.Weight));

    public IEnumerable<uint> Values => _parts.Select(part => part.Value);

    /// <exception cref="InvalidSettingException">A part is no value with a weight.</exception>
    public static Mix Parse(string option, string text) => new(
    [
        .. text.Split(',').Select(part =>
        {
            var (value, weight) = part.Split(':') switch
            {
                [var only] => (only, "1"),
                [var first, var second] => (first, second),
                _ => throw new InvalidSettingException(option, text, Allowed),
            };
            return NumberText.TryInteger<uint>(value, out var number) && number > 0
                && NumberText.TryReal(weight, out var share) && share > 0
                ? (number, share)
                : throw new InvalidSettingException(option, text, Allowed);
        }),
    ]);

    /// <param name="random">From 0 to below 1.</param>
    public uint Draw(double random)
    {
        var rest = random * _total;
        foreach (var (value, weight) in _parts)
        {
            rest -= weight;
            if (rest < 0)
            {
                return value;
            }
        }

        return _parts[^1].Value;
    }
}
