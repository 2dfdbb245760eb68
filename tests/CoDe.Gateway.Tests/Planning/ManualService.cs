using CoDe.Gateway.Lanes;
using CoDe.Gateway.Replicas;
using CoDe.Gateway.Tests.Lanes;
using CoDe.Planning;
using CoDe.Protocol.V1;

namespace CoDe.Gateway.Tests.Planning;

/// <summary>
/// The gateway's dispatch before devices that take time of a test's clock. Calls are real; the clock goes on when the
/// dispatch has given out all that it may, so that a run is the same however long calls take.
/// </summary>
internal sealed class ManualService : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Topology _topology;
    private readonly ManualClock _clock = new();
    private readonly AdmissionQueue _queue = new(limit: 1_000_000);
    private readonly ReplicaPool _drafters = new("drafter");
    private readonly ReplicaPool _refiners = new("refiner");
    private readonly ManualDevice[] _devices;
    private readonly StageDouble[] _stages;
    private readonly GenerationPipeline _pipeline;
    private int _drafted;
    private int _refined;

    private ManualService(Topology topology, StageDouble[] stages, StageCost draft, StageCost refine, int batch)
    {
        _topology = topology;
        _stages = stages;
        _devices = [.. stages.Select(stage =>
        {
            var device = new ManualDevice(
                () => Now, each => (each.IsRefining ? refine : draft).Seconds.At(each.Images.Length));
            stage.OnCall = device.TakeAsync;
            return device;
        })];
        Fill(_drafters, stages.Take(topology.Drafters), batch);
        Fill(_refiners, stages.TakeLast(topology.Refiners), batch);
        _pipeline = PipelineOf.Pools(_drafters, _refiners, _queue, TimeSpan.Zero, _clock);
    }

    private double Now => TimeSpan.FromTicks(_clock.GetTimestamp()).TotalSeconds;

    public static async Task<ManualService> StartAsync(
        Topology topology, StageCost draft, StageCost refine, int batch)
        => new(
            topology,
            await Task.WhenAll(Enumerable.Range(0, topology.Devices).Select(_ => StageDouble.StartAsync())),
            draft, refine, batch);

    /// <summary>Runs until all images are finished. An instance runs once.</summary>
    /// <param name="arrivals">Seconds, ascending.</param>
    public async Task<ServingRun> RunAsync(IReadOnlyList<double> arrivals)
    {
        var finished = new double[arrivals.Count];
        using var patience = new CancellationTokenSource(Patience);
        for (var next = 0; next < arrivals.Count || _devices.Any(device => double.IsFinite(device.End));)
        {
            var device = _devices.MinBy(each => each.End)!;
            if (next == arrivals.Count || device.End <= arrivals[next])
            {
                AdvanceTo(device.End);
                var batch = device.Finish();
                _drafted += batch.IsRefining ? 0 : 1;
                _refined += batch.IsRefining ? 1 : 0;
                foreach (var image in batch.Images.Where(_ => batch.IsRefining))
                {
                    finished[image] = Now;
                }
            }
            else
            {
                AdvanceTo(arrivals[next]);
                var together = arrivals.Skip(next).TakeWhile(arrival => arrival == arrivals[next]).Count();
                _pipeline.Submit([.. Enumerable.Range(next, together).Select(Item)], DateTime.MaxValue);
                next += together;
            }

            await SettleAsync(patience.Token);
        }

        var (drafting, refining) = (_devices.Sum(each => each.Drafting), _devices.Sum(each => each.Refining));
        return new ServingRun(
            arrivals, finished, drafting / (_topology.Drafters * Now), refining / (_topology.Refiners * Now),
            (double)arrivals.Count / _drafted);
    }

    public async ValueTask DisposeAsync()
    {
        _drafters.Follow([]);
        _refiners.Follow([]);
        await Task.WhenAll(_stages.Select(stage => stage.DisposeAsync().AsTask()));
    }

    private static void Fill(ReplicaPool pool, IEnumerable<StageDouble> stages, int batch)
    {
        pool.Follow([.. stages.Select(stage => stage.Address)]);
        foreach (var replica in pool.Replicas)
        {
            pool.Update(replica, new StageStatus
            {
                Ready = true,
                LargestBatch = (uint)batch,
                Models = { new ServedModel { Name = "tiny", Steps = { 8 } } },
            });
        }
    }

    private static WorkItem Item(int number) => new(
        new BatchKey("tiny", 8), new ImageSpec { Label = (uint)number }, default, 0, 1, CancellationToken.None)
    {
        Request = Guid.NewGuid(),
    };

    private void AdvanceTo(double seconds) => _clock.Advance(TimeSpan.FromSeconds(Math.Max(0, seconds - Now)));

    private async Task SettleAsync(CancellationToken patience)
    {
        while (!HasSettled())
        {
            patience.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        Array.ForEach(_devices, device => device.Settle());
    }

    /// <summary>
    /// Tells whether all that was given out has come to the devices, each drafted batch is at a refiner unless they all
    /// have enough, and so are waiting images at drafters.
    /// </summary>
    private bool HasSettled()
    {
        // In this order: what left the queue since is outstanding, and what is outstanding may not have come.
        var waiting = _queue.Waiting;
        var (atDrafters, atRefiners) = (Outstanding(_drafters), Outstanding(_refiners));
        var (drafts, refines) = (_devices.Sum(each => each.Drafted), _devices.Sum(each => each.Refined));
        var (drafting, refining) = (drafts - _drafted, refines - _refined);
        var inFlight = drafts - _refined;
        var room = drafting < DispatchRules.MostOutstanding * _topology.Drafters
            && inFlight < DispatchRules.MostInFlight(_topology.Drafters, _topology.Refiners);
        return drafting == atDrafters && refining == atRefiners
            && refining == Math.Min(_drafted - _refined, DispatchRules.MostOutstanding * _topology.Refiners)
            && (waiting == 0 || !room);
    }

    private static int Outstanding(ReplicaPool pool) => pool.Replicas.Sum(replica => replica.Outstanding);
}
