using System.Globalization;
using CoDe.Telemetry;
using k8s.Models;
using Xunit;

namespace CoDe.EndToEnd.Deployment;

/// <summary>Availability of the pods: shutdown, disruptions, their number, and Redis.</summary>
public sealed class AvailabilityTests
{
    [Theory]
    [InlineData("gateway")]
    [InlineData("drafter")]
    [InlineData("refiner")]
    public void GracePeriod_OfAService_IsLongerThanItsDraining(string service)
    {
        var drain = double.Parse(ServiceSettings.DefaultOf(service, "DrainSeconds"), CultureInfo.InvariantCulture);
        var pause = Manifests.All.ContainerOf(service).Lifecycle?.PreStop.Sleep.Seconds ?? 0;
        Assert.True(Manifests.All.Pods[service].Spec.TerminationGracePeriodSeconds > drain + pause);
    }

    [Theory]
    [InlineData("gateway")]
    [InlineData("drafter")]
    [InlineData("refiner")]
    public void DisruptionBudget_OfAService_FindsItsPods(string service)
    {
        var budget = Manifests.All.Named<V1PodDisruptionBudget>(service);
        Assert.Equal([service], Manifests.All.Select(budget.Spec.Selector.MatchLabels));
    }

    [Fact]
    public void Autoscaler_OfRefiners_FollowsAMetricThatIsExportedAndSelected()
    {
        var scaler = Assert.Single(Manifests.All.Of<V2HorizontalPodAutoscaler>());
        var target = scaler.Spec.ScaleTargetRef;
        Assert.Equal("Deployment", target.Kind);
        Assert.Null(Manifests.All.Named<V1Deployment>(target.Name).Spec.Replicas);
        var metric = Assert.Single(scaler.Spec.Metrics).External.Metric.Name;
        Assert.Equal(InstrumentNames.QueueDepth.Replace('.', '_'), metric);
        var rule = File.ReadAllText(Path.Combine(Manifests.Folder, "prometheus-adapter.yaml"));
        Assert.Contains($"seriesQuery: {metric}{{", rule, StringComparison.Ordinal);
        Assert.Contains($"as: {metric}\n", rule, StringComparison.Ordinal);
    }

    [Fact]
    public void Redis_OfTheCluster_KeepsRecordsOnAVolumeAndEvictsOnlyWhatExpires()
    {
        var redis = Manifests.All.Named<V1StatefulSet>("redis").Spec;
        var container = Manifests.All.ContainerOf("redis");
        string[] options = ["--appendonly yes", "--maxmemory 1gb", "--maxmemory-policy volatile-lru"];
        Assert.All(
            options, option => Assert.Contains(option, string.Join(' ', container.Args), StringComparison.Ordinal));
        var claim = Assert.Single(redis.VolumeClaimTemplates);
        var mount = Assert.Single(container.VolumeMounts);
        Assert.Equal((claim.Name(), "/data"), (mount.Name, mount.MountPath));
        Assert.Equal(Manifests.All.Named<V1Service>("redis").Name(), redis.ServiceName);
    }
}
