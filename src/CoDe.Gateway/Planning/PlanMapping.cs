using CoDe.Flow;
using CoDe.Planning;
using CoDe.Protocol.V1;

namespace CoDe.Gateway.Planning;

/// <summary>Maps requests for plans, and plans.</summary>
internal static class PlanMapping
{
    private const int MostTimes = 1000;

    private static readonly string[] StageNames =
        [.. Enum.GetNames<MeasuredStages>().Select(name => name.ToLowerInvariant())];

    /// <exception cref="InvalidSettingException">A measurement is out of its range, or there are too many.</exception>
    public static IReadOnlyList<StageMeasurement> ToDomain(IReadOnlyCollection<StageTimes> times)
        => times.Count <= MostTimes
            ? [.. times.Select((row, index) => ToDomain(row, $"times[{index}]"))]
            : throw new InvalidSettingException("times", $"{times.Count} rows", $"at most {MostTimes}");

    /// <summary>Maps what must be reached; the planner checks it.</summary>
    public static PlanGoal GoalOf(PlanRequest request) => new(
        ToInteger(request.Devices),
        request.HasDeviceGib ? request.DeviceGib : null,
        request.HasRate ? request.Rate : null,
        request.HasLatency ? request.Latency : null,
        [.. request.Steps.Select(ToInteger)]);

    public static PlanResponse ToWire(Plan plan, IEnumerable<StageMeasurement> times)
    {
        var response = new PlanResponse { Shortfall = plan.Shortfall ?? "" };
        response.Services.AddRange(plan.Services.Select(ToWire));
        response.LeftOut.AddRange(plan.LeftOut);
        response.Times.AddRange(times.Select(ToWire));
        return response;
    }

    private static StageMeasurement ToDomain(StageTimes row, string place)
    {
        var stage = Array.IndexOf(StageNames, row.Stage);
        if (stage < 0)
        {
            throw new InvalidSettingException(
                $"{place}: stage", row.Stage.Length == 0 ? "empty" : row.Stage, string.Join(", ", StageNames));
        }

        var measured = StageMeasurement.Of(
            (MeasuredStages)stage, ToInteger(row.Steps), ToInteger(row.Batch),
            row.HasDraftS ? row.DraftS : null, row.HasRefineS ? row.RefineS : null,
            row.HasDecodeS ? row.DecodeS : null, row.HasPeakGib ? row.PeakGib : null);
        measured.Check(place);
        return measured;
    }

    private static int ToInteger(uint value) => (int)Math.Min(value, int.MaxValue);

    private static StageTimes ToWire(StageMeasurement measured)
    {
        var row = new StageTimes
        {
            Stage = StageNames[(int)measured.Stage],
            Steps = (uint)measured.Steps,
            Batch = (uint)measured.Batch,
        };
        if (measured.DraftSeconds is { } draft)
        {
            row.DraftS = draft;
        }

        if (measured.RefineSeconds is { } refine)
        {
            row.RefineS = refine;
        }

        if (measured.Gibibytes is { } memory)
        {
            row.PeakGib = memory;
        }

        return row;
    }

    private static ServicePlan ToWire(PlannedService service)
    {
        var topology = service.Topology;
        var plan = new ServicePlan
        {
            Topology = $"{topology}",
            Drafters = (uint)topology.Drafters,
            Refiners = (uint)topology.Refiners,
            Shared = topology.IsShared,
            Steps = (uint)service.Steps,
            LargestBatch = (uint)service.LargestBatch,
            Capacity = service.Capacity,
            Predicted = ToWire(service.Predicted),
        };
        if (service.DrafterGibibytes is { } drafter)
        {
            plan.DrafterGib = drafter;
        }

        if (service.RefinerGibibytes is { } refiner)
        {
            plan.RefinerGib = refiner;
        }

        plan.Curve.AddRange(service.Curve.Select(ToWire));
        return plan;
    }

    private static PredictedLoad ToWire(LoadPrediction load) => new()
    {
        Rate = load.Rate,
        P50 = load.P50,
        P95 = load.P95,
        P99 = load.P99,
        Drafting = load.Drafting,
        Refining = load.Refining,
        BatchSize = load.BatchSize,
    };
}
