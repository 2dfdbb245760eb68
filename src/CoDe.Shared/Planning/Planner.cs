using CoDe.Flow;

namespace CoDe.Planning;

/// <summary>Finds topology, N and batch for devices and a goal, by simulation.</summary>
public sealed class Planner
{
    /// <summary>Services that a plan has.</summary>
    public const int Shown = 8;

    /// <summary>Topologies of a number of devices and an N that are simulated, those with the highest bound.</summary>
    private const int Simulated = 4;

    /// <summary>Numbers of devices that are tried beyond the least that could reach a rate.</summary>
    private const int Tried = 8;

    /// <summary>The most devices that are tried to say how many would do.</summary>
    private const int MostTried = 2 * PlanGoal.MostDevices;

    private readonly MeasuredTimes _times;
    private readonly PlanGoal _goal;
    private readonly int[] _steps;
    private readonly Dictionary<(int Steps, MeasuredStages Stage, bool IsShared), StageCost> _costs = [];
    private readonly List<string> _leftOut = [];

    /// <exception cref="InvalidSettingException">
    /// The goal is out of its range, or no N has times of both stages.
    /// </exception>
    public Planner(MeasuredTimes times, PlanGoal goal)
    {
        goal.Check(times);
        _times = times;
        _goal = goal;
        _steps = [.. (goal.Steps is { Count: > 0 } chosen ? chosen : times.Steps).Distinct()];
        if (!_steps.Any(steps => times.BatchesOf(steps).Count > 0))
        {
            throw new InvalidSettingException(string.Join(' ', _steps.Select(times.ProblemOf)));
        }
    }

    /// <summary>Plans. An instance plans once.</summary>
    public Plan Plan(CancellationToken cancellation = default)
    {
        NoteWhatIsLeftOut();
        var found = Reaching(_goal, cancellation);
        var shortfall = found.Count > 0 ? null : Shortfall(cancellation);
        if (shortfall is not null)
        {
            found = Nearest(cancellation);
        }

        return new Plan(shortfall, WithCurves(Best(found), cancellation), _leftOut);
    }

    private static double LeastLatency(IEnumerable<Candidate> candidates)
        => candidates.Select(each => each.LeastLatency).DefaultIfEmpty(double.PositiveInfinity).Min();

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    /// <summary>Lists what reaches a goal: with a rate on as few devices as possible, else on all.</summary>
    private List<PlannedService> Reaching(PlanGoal goal, CancellationToken cancellation)
    {
        var found = new List<PlannedService>();
        for (var devices = goal.Rate is null ? goal.Devices : 1; devices <= goal.Devices; devices++)
        {
            found.AddRange(Reaching(goal, devices, cancellation));
            if (found.Count >= Shown)
            {
                break;
            }
        }

        return found;
    }

    /// <summary>Lists the best batch of each topology and N.</summary>
    private IEnumerable<PlannedService> Reaching(PlanGoal goal, int devices, CancellationToken cancellation)
    {
        var promising = Candidates(devices)
            .Where(each => each.Bound * Candidate.Usable >= (goal.Rate ?? 0) && !(each.LeastLatency > goal.Latency))
            .GroupBy(each => (each.Steps, each.Topology)).GroupBy(group => group.Key.Steps)
            .SelectMany(ofSteps => ofSteps.OrderByDescending(group => group.Max(each => each.Bound)).Take(Simulated));
        foreach (var group in promising)
        {
            var services = group.Select(candidate =>
            {
                cancellation.ThrowIfCancellationRequested();
                return candidate.Reach(goal);
            });
            if (Ranked(services.OfType<PlannedService>()).FirstOrDefault() is { } best)
            {
                yield return best;
            }
        }
    }

    /// <summary>Finds what serves most in time, or where nothing is in time, what serves most.</summary>
    private List<PlannedService> Nearest(CancellationToken cancellation)
        => _goal.Rate is not null && Reaching(_goal with { Rate = null }, cancellation) is { Count: > 0 } inTime
            ? inTime
            : Reaching(_goal with { Rate = null, Latency = null }, cancellation);

    private string Shortfall(CancellationToken cancellation)
    {
        Candidate[] all = [.. Enumerable.Range(1, _goal.Devices).SelectMany(Candidates)];
        if (all.Length == 0)
        {
            return "Nothing fits the memory of a device.";
        }

        var least = LeastLatency(all);
        if (_goal.Latency < least)
        {
            return Text($"An image alone takes {least:0.###} s, however many devices there are.");
        }

        var wanted = string.Join(" and ", new[]
        {
            _goal.Rate is { } rate ? Text($"{rate:0.###} images/s") : "",
            _goal.Latency is { } latency ? Text($"95 % of the images within {latency:0.###} s") : "",
        }.Where(text => text.Length > 0));
        var devices = Text($"{_goal.Devices} {(_goal.Devices == 1 ? "device does" : "devices do")}");
        return Text($"{devices} not reach {wanted}; {DevicesNeeded(cancellation) ?? DevicesByBound()} would.");
    }

    /// <summary>Estimates the number of devices that reaches a rate that is far beyond those tried.</summary>
    private string DevicesByBound()
    {
        var ofOne = Candidates(MostTried).Max(each => each.Bound) * Candidate.Usable / MostTried;
        return _goal.Rate > ofOne * MostTried
            ? Text($"about {Math.Ceiling(_goal.Rate.Value / ofOne)}")
            : Text($"more than {MostTried}");
    }

    /// <summary>Finds the number of devices that reaches the goal, as far as it is tried.</summary>
    private string? DevicesNeeded(CancellationToken cancellation)
    {
        var more = Enumerable.Range(_goal.Devices + 1, MostTried - _goal.Devices)
            .SkipWhile(devices => !Candidates(devices).Any(each => each.Bound * Candidate.Usable >= _goal.Rate))
            .Take(Tried);
        foreach (var devices in more)
        {
            if (Reaching(_goal, devices, cancellation).Any())
            {
                return Text($"{devices}");
            }
        }

        return null;
    }

    /// <summary>Takes as many of each N, which decides on quality too, and ranks them.</summary>
    private List<PlannedService> Best(List<PlannedService> found)
    {
        var ofEach = (Shown + _steps.Length - 1) / _steps.Length;
        return [.. Ranked(found.GroupBy(each => each.Steps).SelectMany(group => Ranked(group).Take(ofEach)))
            .Take(Shown)];
    }

    private static IOrderedEnumerable<PlannedService> Ranked(IEnumerable<PlannedService> services)
        => services.OrderBy(each => each.Topology.Devices).ThenByDescending(each => each.Predicted.Rate)
            .ThenBy(each => each.Predicted.P95);

    private IReadOnlyList<PlannedService> WithCurves(List<PlannedService> services, CancellationToken cancellation)
        => [.. services.Select(service =>
        {
            cancellation.ThrowIfCancellationRequested();
            var candidate = CandidateOf(service.Topology, service.Steps, service.LargestBatch);
            return service with { Curve = candidate.CurveTo(service.Capacity) };
        })];

    private IEnumerable<Candidate> Candidates(int devices)
        => from steps in _steps
           let batches = _times.BatchesOf(steps)
           from topology in Topology.Of(devices)
           from batch in batches
           let candidate = CandidateOf(topology, steps, batch)
           where Fits(candidate.Draft, batch) && Fits(candidate.Refine, batch)
           select candidate;

    private Candidate CandidateOf(Topology topology, int steps, int batch) => new(
        topology, steps, batch, CostOf(steps, MeasuredStages.Draft, topology.IsShared),
        CostOf(steps, MeasuredStages.Refine, topology.IsShared));

    private StageCost CostOf(int steps, MeasuredStages stage, bool isShared)
    {
        if (!_costs.TryGetValue((steps, stage, isShared), out var cost))
        {
            _costs[(steps, stage, isShared)] = cost = _times.Of(steps, stage, isShared);
        }

        return cost;
    }

    private bool Fits(StageCost stage, int batch)
        => _goal.DeviceGibibytes is null || stage.Gibibytes?.At(batch) <= _goal.DeviceGibibytes;

    private void NoteWhatIsLeftOut()
    {
        foreach (var steps in _steps)
        {
            if (_times.BatchesOf(steps).Count == 0)
            {
                _leftOut.Add(_times.ProblemOf(steps));
                continue;
            }

            NoteMemory(steps, "a drafter", MeasuredStages.Draft, isShared: false);
            NoteMemory(steps, "a refiner", MeasuredStages.Refine, isShared: false);
            NoteMemory(steps, "a worker", MeasuredStages.Draft, isShared: true);
        }
    }

    private void NoteMemory(int steps, string name, MeasuredStages stage, bool isShared)
    {
        var cost = CostOf(steps, stage, isShared);
        foreach (var batch in _times.BatchesOf(steps).Where(batch => !Fits(cost, batch)).Take(1))
        {
            _leftOut.Add(cost.Gibibytes is null
                ? Text($"N = {steps}, {name}: its memory is not known.")
                : Text($"N = {steps}, {name} with batches from {batch}: {cost.Gibibytes.At(batch):0.###} GiB."));
        }
    }
}
