using CoDe.Flow;
using CoDe.Planning;
using Xunit;

namespace CoDe.Shared.Tests.Planning;

/// <summary>Plans for devices and goals. Drafting takes twice as long as refining, whatever the batch.</summary>
public sealed class PlannerTests
{
    private static readonly MeasuredTimes Times = new(
    [
        .. from batch in new[] { 1, 2, 4 }
           from stage in new[] { MeasuredStages.Draft, MeasuredStages.Refine }
           select new StageMeasurement(
               stage, 8, batch, stage == MeasuredStages.Draft ? 2 : null, stage == MeasuredStages.Refine ? 1 : null,
               stage == MeasuredStages.Draft ? 8 + batch : 4),
    ]);

    [Fact]
    public void Plan_WithoutAGoal_UsesAllDevicesInTheRatioOfTheStages()
    {
        var plan = Plan(new PlanGoal(3));
        Assert.Null(plan.Shortfall);
        var best = plan.Services[0];
        Assert.Equal((3, 8, 4), (best.Topology.Devices, best.Steps, best.LargestBatch));

        // Three workers, or two drafters and a refiner, take three seconds of devices for four images.
        Assert.InRange(best.Capacity, 3.9, 4.01);
        var split = plan.Services.Single(service => service.Topology == new Topology(2, 1, false));
        Assert.InRange(split.Capacity, 3.9, 4.01);
        Assert.Equal(0.9, split.Predicted.Rate / split.Capacity, 9);
        Assert.Equal(3, plan.Services.Count);
        Assert.All(plan.Services, service => Assert.Equal(service.Curve.OrderBy(point => point.Rate), service.Curve));
    }

    [Fact]
    public void Plan_ForARate_UsesNoMoreDevicesThanItNeeds()
    {
        var best = Plan(new PlanGoal(8, Rate: 3)).Services[0];
        Assert.Equal(3, best.Topology.Devices);
        Assert.Equal(3, best.Predicted.Rate);
        Assert.True(best.Predicted.P50 <= best.Predicted.P95 && best.Predicted.P95 <= best.Predicted.P99);
    }

    [Fact]
    public void Plan_ForALatency_ServesAsMuchAsComesInTime()
    {
        var plan = Plan(new PlanGoal(3, Latency: 6));
        Assert.All(plan.Services, service => Assert.InRange(service.Predicted.P95, 3, 6));
        Assert.True(plan.Services[0].Predicted.Rate < 0.9 * plan.Services[0].Capacity);
    }

    [Fact]
    public void Plan_ForARateThatIsNotReached_SaysTheBestAndHowManyDevicesWould()
    {
        var plan = Plan(new PlanGoal(2, Rate: 5));
        Assert.Equal("2 devices do not reach 5 images/s; 5 would.", plan.Shortfall);
        Assert.InRange(plan.Services[0].Capacity, 2.6, 2.7);
        Assert.Equal(5, Plan(new PlanGoal(5, Rate: 5)).Services[0].Topology.Devices);
    }

    [Fact]
    public void Plan_ForARateFarBeyond_EstimatesTheDevices()
        => Assert.Equal(
            "1 device does not reach 12000 images/s; about 10000 would.",
            Plan(new PlanGoal(1, Rate: 12_000)).Shortfall);

    [Fact]
    public void Plan_ForALatencyBelowThatOfAnImageAlone_SaysSo()
    {
        var plan = Plan(new PlanGoal(2, Latency: 2.5));
        Assert.Equal("An image alone takes 3 s, however many devices there are.", plan.Shortfall);
        Assert.NotEmpty(plan.Services);
    }

    [Fact]
    public void Plan_WithMemory_LeavesOutWhatDoesNotFit()
    {
        var plan = Plan(new PlanGoal(2, DeviceGibibytes: 10));
        var service = Assert.Single(plan.Services);
        Assert.Equal((new Topology(1, 1, false), 2), (service.Topology, service.LargestBatch));
        Assert.Equal((10, 4), (service.DrafterGibibytes, service.RefinerGibibytes));
        Assert.Equal(
            [
                "N = 8, a drafter with batches from 4: 12 GiB.", "N = 8, a worker with batches from 1: 13 GiB.",
            ],
            plan.LeftOut);
        var nothing = Plan(new PlanGoal(2, DeviceGibibytes: 8));
        Assert.Equal("Nothing fits the memory of a device.", nothing.Shortfall);
        Assert.Empty(nothing.Services);
    }

    [Fact]
    public void Plan_OfSeveralN_HasEach()
    {
        StageMeasurement[] rows =
        [
            new(MeasuredStages.All, 6, 1, 0.1, 1, null), new(MeasuredStages.All, 8, 1, 1, 1, null),
            new(MeasuredStages.All, 9, 1, 3, 1, null), new(MeasuredStages.Draft, 7, 1, 3, null, null),
        ];
        var plan = new Planner(new MeasuredTimes(rows), new PlanGoal(9)).Plan();
        Assert.Equal([6, 8, 9], plan.Services.Select(service => service.Steps).Distinct().Order());
        Assert.Equal(
            ["N = 7 has no batch size with times of both stages: draft has 1, refine has none."], plan.LeftOut);
        Assert.All(
            new Planner(new MeasuredTimes(rows), new PlanGoal(9, Steps: [8])).Plan().Services,
            service => Assert.Equal(8, service.Steps));
    }

    [Theory]
    [InlineData("devices is 0; allowed: 1 to 64.", 0)]
    [InlineData("devices is 65; allowed: 1 to 64.", 65)]
    [InlineData("device_gib is -1; allowed: above 0 to 1048576.", 1, -1.0)]
    [InlineData("rate is 0; allowed: above 0 to 100000.", 1, 1.0, 0.0)]
    [InlineData("latency is NaN; allowed: above 0 to 86400.", 1, 1.0, 1.0, double.NaN)]
    [InlineData("steps is 11; allowed: 8.", 1, 1.0, 1.0, 1.0, 11)]
    public void Goal_OutOfItsRange_IsNamed(
        string message, int devices, double? memory = null, double? rate = null, double? latency = null, int steps = 8)
    {
        var goal = new PlanGoal(devices, memory, rate, latency, [steps]);
        Assert.Equal(message, Assert.Throws<InvalidSettingException>(() => Plan(goal)).Message);
    }

    [Fact]
    public void Goal_WithMemoryThatWasNotMeasured_IsRefused()
    {
        var times = new MeasuredTimes([new(MeasuredStages.All, 8, 1, 1, 1, null)]);
        var error = Assert.Throws<InvalidSettingException>(() => new Planner(times, new PlanGoal(1, 16)));
        Assert.Equal("device_gib is 16; allowed: nothing, since times have no peak_gib.", error.Message);
    }

    [Fact]
    public void Times_WithoutOneOfTheStages_AreRefused()
    {
        var times = new MeasuredTimes([new(MeasuredStages.Draft, 8, 1, 1, null, null)]);
        var error = Assert.Throws<InvalidSettingException>(() => new Planner(times, new PlanGoal(1)));
        Assert.Equal(times.ProblemOf(8), error.Message);
    }

    private static Plan Plan(PlanGoal goal) => new Planner(Times, goal).Plan();
}
