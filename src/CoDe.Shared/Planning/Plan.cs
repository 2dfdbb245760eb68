namespace CoDe.Planning;

/// <summary>Ways to use the devices, the best first.</summary>
/// <param name="Shortfall">Why the goal is not reached, and what would; null where it is reached.</param>
/// <param name="Services">What reaches the goal, or where nothing does, what comes nearest.</param>
/// <param name="LeftOut">What was not considered, and why.</param>
public sealed record Plan(string? Shortfall, IReadOnlyList<PlannedService> Services, IReadOnlyList<string> LeftOut);

/// <summary>A way to use devices, and what it would give.</summary>
/// <param name="Steps">N.</param>
/// <param name="LargestBatch">The most images drafted together.</param>
/// <param name="DrafterGibibytes">Memory of a drafter, or of a worker; null where it is not known.</param>
/// <param name="RefinerGibibytes">Memory of a refiner, or of a worker; null where it is not known.</param>
/// <param name="Capacity">Images a second while there are always more.</param>
/// <param name="Predicted">At a rate that it can serve.</param>
/// <param name="Curve">At other rates, ascending.</param>
public sealed record PlannedService(
    Topology Topology, int Steps, int LargestBatch, double? DrafterGibibytes, double? RefinerGibibytes,
    double Capacity, LoadPrediction Predicted, IReadOnlyList<LoadPrediction> Curve);

/// <summary>Prediction for images that come at random times. Latencies are in seconds.</summary>
/// <param name="Rate">Images a second.</param>
/// <param name="Drafting">Share of the time in which a drafter computes.</param>
/// <param name="Refining">Share of the time in which a refiner computes.</param>
/// <param name="BatchSize">Mean of the images drafted together.</param>
public sealed record LoadPrediction(
    double Rate, double P50, double P95, double P99, double Drafting, double Refining, double BatchSize);
