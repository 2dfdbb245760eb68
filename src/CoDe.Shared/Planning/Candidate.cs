namespace CoDe.Planning;

/// <summary>A topology with N and batch, whose load can be simulated.</summary>
internal sealed record Candidate(Topology Topology, int Steps, int LargestBatch, StageCost Draft, StageCost Refine)
{
    /// <summary>
    /// Share of the capacity that images which come at random times may take: beyond, they wait ever longer.
    /// </summary>
    public const double Usable = 0.9;

    private const int LeastImages = 4000;
    private const int MostImages = 200_000;

    /// <summary>Batches of each device in the runs.</summary>
    private const int SimulatedBatches = 40;

    /// <summary>Halvings of the interval of rates, to about a hundredth of the capacity.</summary>
    private const int Halvings = 7;

    private static readonly double[] Loads = [0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95];

    /// <summary>Gets the images a second of full batches on devices that never wait.</summary>
    public double Bound
    {
        get
        {
            var (draft, refine) = (Draft.Seconds.At(LargestBatch), Refine.Seconds.At(LargestBatch));
            return LargestBatch * (Topology.IsShared
                ? Topology.Devices / (draft + refine)
                : Math.Min(Topology.Drafters / draft, Topology.Refiners / refine));
        }
    }

    /// <summary>Gets the seconds of an image that finds all devices idle.</summary>
    public double LeastLatency => Draft.Seconds.At(1) + Refine.Seconds.At(1);

    private int Images => Math.Clamp(
        SimulatedBatches * LargestBatch * Topology.Devices, LeastImages, MostImages);

    /// <summary>Predicts the service at the rate of the goal, or at the highest rate that reaches it.</summary>
    /// <returns>Null where it does not reach the goal.</returns>
    public PlannedService? Reach(PlanGoal goal)
    {
        var capacity = Simulate(new double[Images]).Throughput;
        var rate = goal.Rate ?? (capacity * Usable);
        if (rate > capacity * Usable || goal.Latency < LeastLatency)
        {
            return null;
        }

        var predicted = At(rate);
        if (predicted.P95 > goal.Latency)
        {
            predicted = goal.Rate is null ? HighestWithin(goal.Latency.Value, rate) : null;
        }

        return predicted is null ? null : new PlannedService(
            Topology, Steps, LargestBatch, Draft.Gibibytes?.At(LargestBatch), Refine.Gibibytes?.At(LargestBatch),
            capacity, predicted, []);
    }

    /// <summary>Predicts other rates too.</summary>
    public IReadOnlyList<LoadPrediction> CurveTo(double capacity)
        => [.. Loads.Select(load => At(load * capacity))];

    /// <summary>Finds the highest rate at which 95 % of the images come in time.</summary>
    private LoadPrediction? HighestWithin(double latency, double tooHigh)
    {
        LoadPrediction? highest = null;
        for (var i = 0; i < Halvings; i++)
        {
            var middle = At(((highest?.Rate ?? 0) + tooHigh) / 2);
            if (middle.P95 <= latency)
            {
                highest = middle;
            }
            else
            {
                tooHigh = middle.Rate;
            }
        }

        return highest;
    }

    private LoadPrediction At(double rate)
    {
        var run = Simulate([.. Arrivals.AtRandom(rate, seed: 1).Take(Images).Select(time => time.TotalSeconds)]);
        return new LoadPrediction(
            rate, run.Latency(0.5), run.Latency(0.95), run.Latency(0.99), run.Drafting, run.Refining, run.BatchSize);
    }

    private ServingRun Simulate(double[] arrivals)
        => new ServingSimulation(Topology, Draft, Refine, LargestBatch).Run(arrivals);
}
