namespace CoDe.Planning;

/// <summary>Time and memory of a stage by the size of its batch.</summary>
/// <param name="Seconds">Of a batch.</param>
/// <param name="Gibibytes">
/// Memory that a device needs for batches of up to a size; of a worker, for both stages. Null where it is not known.
/// </param>
public sealed record StageCost(MeasuredCurve Seconds, MeasuredCurve? Gibibytes);
