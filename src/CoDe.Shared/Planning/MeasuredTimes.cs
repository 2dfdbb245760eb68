namespace CoDe.Planning;

/// <summary>Measurements of the stages, from which those of a batch of any size follow.</summary>
/// <param name="rows">Each was checked.</param>
public sealed class MeasuredTimes(IReadOnlyList<StageMeasurement> rows)
{
    /// <summary>Gets each N of which something was measured.</summary>
    public IReadOnlyList<int> Steps { get; } = [.. rows.Select(row => row.Steps).Distinct().Order()];

    /// <summary>Gets whether memory was measured too.</summary>
    public bool HaveMemory { get; } = rows.Any(row => row.Gibibytes > 0);

    /// <summary>
    /// Finds the largest batches that can be planned, those whose time was measured in both stages; none where a stage
    /// is missing.
    /// </summary>
    public IReadOnlyList<int> BatchesOf(int steps)
        => [.. MeasuredBatches(steps, MeasuredStages.Draft).Intersect(MeasuredBatches(steps, MeasuredStages.Refine))];

    /// <summary>Says why there are no batches of an N.</summary>
    public string ProblemOf(int steps)
    {
        var (draft, refine) = (Text(MeasuredStages.Draft), Text(MeasuredStages.Refine));
        return FormattableString.Invariant(
            $"N = {steps} has no batch size with times of both stages: draft has {draft}, refine has {refine}.");

        string Text(MeasuredStages stage)
            => MeasuredBatches(steps, stage) is { Length: > 0 } batches ? string.Join(", ", batches) : "none";
    }

    /// <summary>Gets what a stage takes.</summary>
    /// <param name="stage">Draft or refine.</param>
    /// <param name="isShared">Whether its device has both stages.</param>
    /// <exception cref="InvalidOperationException">There are no batches of this N.</exception>
    public StageCost Of(int steps, MeasuredStages stage, bool isShared)
        => new(
            Seconds(steps, stage, isShared) ?? throw new InvalidOperationException(ProblemOf(steps)),
            isShared ? SharedMemory(steps) : Memory(steps, stage) ?? Memory(steps, MeasuredStages.All));

    private int[] MeasuredBatches(int steps, MeasuredStages stage)
        => [.. Seconds(steps, stage, isShared: false)?.Batches ?? []];

    /// <summary>Takes those measured in the way that they are to be used in, else the others.</summary>
    private MeasuredCurve? Seconds(int steps, MeasuredStages stage, bool isShared)
    {
        var (alone, together) = (Seconds(steps, stage, stage), Seconds(steps, MeasuredStages.All, stage));
        var (first, second) = isShared ? (together, alone) : (alone, together);
        return MeasuredCurve.Of(first.Concat(second.ExceptBy(first.Select(each => each.Batch), each => each.Batch)));
    }

    private (int Batch, double Value)[] Seconds(int steps, MeasuredStages measured, MeasuredStages stage) =>
    [
        .. rows.Where(row => row.Steps == steps && row.Stage == measured)
            .Select(row => (row.Batch, Value: stage == MeasuredStages.Draft ? row.DraftSeconds : row.RefineSeconds))
            .Where(row => row.Value is not null).Select(row => (row.Batch, row.Value!.Value)),
    ];

    /// <summary>Gets the memory of both stages on a device, at most the sum of each alone.</summary>
    private MeasuredCurve? SharedMemory(int steps)
    {
        if (Memory(steps, MeasuredStages.All) is { } together)
        {
            return together;
        }

        return Memory(steps, MeasuredStages.Draft) is { } draft && Memory(steps, MeasuredStages.Refine) is { } refine
            ? MeasuredCurve.Of(
                draft.Batches.Union(refine.Batches).Select(batch => (batch, draft.At(batch) + refine.At(batch))))
            : null;
    }

    /// <summary>Takes plans of memory, which have no times, before peaks, which also have what loading took.</summary>
    private MeasuredCurve? Memory(int steps, MeasuredStages stage)
    {
        var known = rows.Where(row => row.Steps == steps && row.Stage == stage && row.Gibibytes > 0).ToArray();
        var planned = known.Where(row => row.DraftSeconds is null && row.RefineSeconds is null).ToArray();
        return MeasuredCurve.Of(
            (planned.Length > 0 ? planned : known).Select(row => (row.Batch, row.Gibibytes!.Value)));
    }
}
