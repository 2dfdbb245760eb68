namespace CoDe.Planning;

/// <summary>
/// Simulates gateway and stages by the gateway's rules: a batch is formed when a drafter takes one, holds what waits
/// then, and is refined by the first refiner that is free. Time is that of the simulation, in seconds.
/// </summary>
/// <remarks>
/// Of replicas with equally much to do the first is taken. A device that ends a batch begins the next of those that it
/// has, a refining one where there is one, before it hears from the gateway again.
/// </remarks>
/// <param name="largestBatch">The most images drafted together.</param>
public sealed class ServingSimulation(Topology topology, StageCost draft, StageCost refine, int largestBatch)
{
    private readonly PriorityQueue<Device, (double Time, long Number)> _ends = new();
    private readonly Queue<int> _waiting = new();
    private readonly Queue<Batch> _drafted = new();
    private readonly int[] _drafters = new int[topology.Drafters];
    private readonly int[] _refiners = new int[topology.Refiners];
    private readonly Device[] _devices = [.. Enumerable.Range(0, topology.Devices).Select(_ => new Device())];
    private readonly double[] _draftSeconds = SecondsOf(draft, largestBatch);
    private readonly double[] _refineSeconds = SecondsOf(refine, largestBatch);
    private double[] _finished = [];
    private double _now;
    private long _begun;
    private int _inFlight;
    private int _batches;
    private double _drafting;
    private double _refining;

    /// <summary>Runs until all images are finished. An instance runs once.</summary>
    /// <param name="arrivals">Times of arrival, ascending; those at the same time come together.</param>
    public ServingRun Run(IReadOnlyList<double> arrivals)
    {
        _finished = new double[arrivals.Count];
        for (var next = 0; next < arrivals.Count || _ends.Count > 0;)
        {
            if (_ends.TryPeek(out var device, out var end) && (next == arrivals.Count || end.Time <= arrivals[next]))
            {
                _ends.Dequeue();
                _now = end.Time;
                End(device);
                continue;
            }

            _now = arrivals[next];
            for (; next < arrivals.Count && arrivals[next] == _now; next++)
            {
                _waiting.Enqueue(next);
            }

            Dispatch();
        }

        return new ServingRun(
            arrivals, _finished, _drafting / (topology.Drafters * _now), _refining / (topology.Refiners * _now),
            (double)arrivals.Count / _batches);
    }

    private static double[] SecondsOf(StageCost stage, int largest)
        => [.. Enumerable.Range(0, largest + 1).Select(stage.Seconds.At)];

    private void Dispatch()
    {
        var most = DispatchRules.MostInFlight(topology.Drafters, topology.Refiners);
        while (_waiting.Count > 0 && _inFlight < most && LeastBusy(_drafters) is { } drafter)
        {
            var batch = new Batch(Take(), drafter);
            _inFlight++;
            _batches++;
            _drafters[drafter]++;
            _devices[drafter].Drafts.Enqueue(batch);
            Begin(_devices[drafter]);
        }
    }

    private int[] Take()
    {
        var images = new int[Math.Min(largestBatch, _waiting.Count)];
        for (var i = 0; i < images.Length; i++)
        {
            images[i] = _waiting.Dequeue();
        }

        return images;
    }

    private void Refine()
    {
        while (_drafted.Count > 0 && LeastBusy(_refiners) is { } refiner)
        {
            var batch = _drafted.Dequeue();
            batch.Replica = refiner;
            _refiners[refiner]++;
            var device = _devices[topology.DeviceOfRefiner(refiner)];
            device.Refines.Enqueue(batch);
            Begin(device);
        }
    }

    /// <summary>Begins what waits for a device that is free.</summary>
    private void Begin(Device device)
    {
        if (device.Running is not null)
        {
            return;
        }

        device.IsRefining = device.Refines.TryDequeue(out var batch);
        if (batch is null && !device.Drafts.TryDequeue(out batch))
        {
            return;
        }

        device.Running = batch;
        var seconds = (device.IsRefining ? _refineSeconds : _draftSeconds)[batch.Images.Length];
        _drafting += device.IsRefining ? 0 : seconds;
        _refining += device.IsRefining ? seconds : 0;
        _ends.Enqueue(device, (_now + seconds, _begun++));
    }

    private void End(Device device)
    {
        var (batch, wasRefining) = (device.Running!, device.IsRefining);
        device.Running = null;
        Begin(device);
        if (!wasRefining)
        {
            _drafters[batch.Replica]--;
            Dispatch();
            _drafted.Enqueue(batch);
            Refine();
            return;
        }

        _refiners[batch.Replica]--;
        _inFlight--;
        foreach (var image in batch.Images)
        {
            _finished[image] = _now;
        }

        Refine();
        Dispatch();
    }

    /// <summary>Finds the replica with the fewest batches that takes another; null where none does.</summary>
    private static int? LeastBusy(int[] outstanding)
    {
        var least = Array.IndexOf(outstanding, outstanding.Min());
        return outstanding[least] < DispatchRules.MostOutstanding ? least : null;
    }

    private sealed class Batch(int[] images, int replica)
    {
        public int[] Images => images;

        /// <summary>Gets or sets the replica of the stage that has it.</summary>
        public int Replica { get; set; } = replica;
    }

    private sealed class Device
    {
        public Queue<Batch> Drafts { get; } = new();

        public Queue<Batch> Refines { get; } = new();

        public Batch? Running { get; set; }

        public bool IsRefining { get; set; }
    }
}
