namespace CoDe.Planning;

/// <summary>Result of a run, of the simulation or of services: times in seconds, from any start.</summary>
/// <param name="Arrivals">Time of arrival of each image, ascending.</param>
/// <param name="Finishes">Time at which each was finished.</param>
/// <param name="Drafting">Share of the time in which a drafter computes.</param>
/// <param name="Refining">Share of the time in which a refiner computes.</param>
/// <param name="BatchSize">Mean of the images drafted together.</param>
public sealed record ServingRun(
    IReadOnlyList<double> Arrivals, IReadOnlyList<double> Finishes, double Drafting, double Refining, double BatchSize)
{
    /// <summary>Share of the images, at each end, that do not count: the first come to idle devices.</summary>
    private const double Margin = 0.1;

    private readonly double[] _latencies =
        [.. Finishes.Zip(Arrivals, (finish, arrival) => finish - arrival).Skip((int)(Margin * Finishes.Count)).Order()];

    /// <summary>Gets the images a second, without those at both ends.</summary>
    public double Throughput
    {
        get
        {
            double[] order = [.. Finishes.Order()];
            var first = (int)(Margin * order.Length);
            var last = order.Length - 1 - first;
            return (last - first) / (order[last] - order[first]);
        }
    }

    /// <summary>Gets the seconds from arrival to finish that a share of the images does not exceed.</summary>
    public double Latency(double share) => Percentile.Of(_latencies, share);
}
