namespace CoDe.Planning;

/// <summary>Times at which requests come.</summary>
public static class Arrivals
{
    /// <summary>Draws the times of a Poisson process without an end, the same ones for a seed.</summary>
    /// <param name="rate">Arrivals a second.</param>
    public static IEnumerable<TimeSpan> AtRandom(double rate, int seed)
    {
        var (random, seconds) = (new Random(seed), 0.0);
        while (true)
        {
            seconds -= Math.Log(1 - random.NextDouble()) / rate;
            yield return TimeSpan.FromSeconds(seconds);
        }
    }
}
