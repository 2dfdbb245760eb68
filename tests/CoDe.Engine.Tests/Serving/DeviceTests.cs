using CoDe.Engine.Compute.Cpu;
using CoDe.Engine.Serving;
using CoDe.Flow;
using Xunit;

namespace CoDe.Engine.Tests.Serving;

/// <summary>The order in which a device does what waits for it.</summary>
public sealed class DeviceTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Device_WithBothWaiting_FinishesBeforeItBegins()
    {
        await using var device = new Device(CpuBackend.Create(new CpuOptions(Threads: 1)), queueLimit: 2);
        using var gate = new ManualResetEventSlim();
        var order = new List<string>();
        var running = await OccupyAsync(device, gate);
        Task[] waiting =
        [
            Add("draft 1", Urgency.Beginning), Add("draft 2", Urgency.Beginning),
            Add("refine 1", Urgency.Finishing), Add("refine 2", Urgency.Finishing),
        ];
        gate.Set();
        await Task.WhenAll([running, .. waiting]).WaitAsync(Patience);
        Assert.Equal(["refine 1", "refine 2", "draft 1", "draft 2"], order);

        Task Add(string name, Urgency urgency) => device.RunAsync(
            () =>
            {
                order.Add(name);
                return true;
            },
            CancellationToken.None,
            urgency);
    }

    [Fact]
    public async Task Device_FullOfWhatBegins_StillTakesWhatFinishes()
    {
        await using var device = new Device(CpuBackend.Create(new CpuOptions(Threads: 1)), queueLimit: 1);
        using var gate = new ManualResetEventSlim();
        var running = await OccupyAsync(device, gate);
        var draft = device.RunAsync(() => 1, CancellationToken.None);
        await Assert.ThrowsAsync<DeviceBusyException>(() => device.RunAsync(() => 2, CancellationToken.None));
        var refine = device.RunAsync(() => 3, CancellationToken.None, Urgency.Finishing);
        Assert.Equal(3, device.Outstanding);
        gate.Set();
        await running.WaitAsync(Patience);
        Assert.Equal((1, 3), (await draft.WaitAsync(Patience), await refine.WaitAsync(Patience)));
    }

    [Fact]
    public async Task Device_Drained_HasDoneWhatItAcceptedAndTakesNoMore()
    {
        await using var device = new Device(CpuBackend.Create(new CpuOptions(Threads: 1)), queueLimit: 1);
        using var gate = new ManualResetEventSlim();
        var running = await OccupyAsync(device, gate);
        using var givenUp = new CancellationTokenSource();
        var waiting = device.RunAsync(() => 1, givenUp.Token);
        var drained = device.DrainAsync();
        Assert.False(drained.IsCompleted);
        await Assert.ThrowsAsync<DeviceBusyException>(() => device.RunAsync(
            () => 2, CancellationToken.None, Urgency.Finishing));
        await givenUp.CancelAsync();
        gate.Set();
        await Task.WhenAll(running, drained).WaitAsync(Patience);
        await Assert.ThrowsAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(0, device.Outstanding);
    }

    /// <summary>Work that the device does until the gate opens.</summary>
    private static async Task<Task> OccupyAsync(Device device, ManualResetEventSlim gate)
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = device.RunAsync(
            () =>
            {
                begun.SetResult();
                gate.Wait(Patience);
                return true;
            },
            CancellationToken.None);
        await begun.Task.WaitAsync(Patience);
        return running;
    }
}
