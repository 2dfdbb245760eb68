namespace CoDe.Gateway.Lanes;

/// <summary>A batch on the device of a replica.</summary>
/// <param name="Replica">Address of the replica.</param>
/// <param name="Start">UTC.</param>
/// <param name="End">UTC; null while it runs.</param>
/// <param name="Outcome">A name of <see cref="Telemetry.OutcomeNames"/>; empty while it runs.</param>
[GenerateSerializer, Immutable]
internal sealed record StageBatch(
    [property: Id(0)] string Stage, [property: Id(1)] string Replica, [property: Id(2)] BatchKey Key,
    [property: Id(3)] int Images, [property: Id(4)] DateTime Start, [property: Id(5)] DateTime? End,
    [property: Id(6)] string Outcome);

/// <summary>Work of a stage within <see cref="BatchHistory.Window"/>.</summary>
/// <param name="Busy">Sum over its devices, divided by the window; 1 for one device that always works.</param>
/// <param name="Batches">Batches that were done.</param>
/// <param name="Images">Images of these batches.</param>
/// <param name="ImagesPerSecond">Generated images; encoded ones do not count.</param>
[GenerateSerializer, Immutable]
internal readonly record struct StageWork(
    [property: Id(0)] double Busy, [property: Id(1)] int Batches, [property: Id(2)] int Images,
    [property: Id(3)] double ImagesPerSecond);

/// <summary>Position of a reader in a history of batches.</summary>
/// <param name="History">Identifies the history.</param>
/// <param name="Count">Batches that were read or missed.</param>
[GenerateSerializer, Immutable]
internal readonly record struct HistoryPosition([property: Id(0)] Guid History, [property: Id(1)] long Count);

/// <summary>Batches that a reader has not seen yet, and those that run.</summary>
/// <param name="Position">Position from which to read on.</param>
/// <param name="Missed">Batches since the reader's position that were forgotten.</param>
[GenerateSerializer, Immutable]
internal sealed record HistoryReading(
    [property: Id(0)] HistoryPosition Position, [property: Id(1)] long Missed, [property: Id(2)] DateTime Time,
    [property: Id(3)] StageBatch[] Done, [property: Id(4)] StageBatch[] Running,
    [property: Id(5)] Dictionary<string, StageWork> Stages);

/// <summary>State of the dispatcher.</summary>
/// <param name="Waiting">Images in the queue.</param>
/// <param name="Overlap">See <see cref="StageOverlap.Efficiency"/>.</param>
[GenerateSerializer, Immutable]
internal sealed record DispatcherState(
    [property: Id(0)] SiloAddress Silo, [property: Id(1)] int Waiting, [property: Id(2)] double? Overlap,
    [property: Id(3)] HistoryReading Batches);
