using k8s.Models;
using Xunit;
using YamlDotNet.Core;

namespace CoDe.EndToEnd.Deployment;

/// <summary>The manifests of deploy/kubernetes: known fields, and references that lead somewhere.</summary>
public sealed class ManifestTests
{
    [Theory]
    [InlineData("metadata: {name: a, label: b}")]
    [InlineData("spec: {port: 1}")]
    [InlineData("spec: {ports: [{port: one}]}")]
    public void Manifest_WithAnUnknownFieldOrAWrongType_IsRefused(string text)
        => Assert.ThrowsAny<YamlException>(() => Manifests.Read($"apiVersion: v1\nkind: Service\n{text}"));

    [Fact]
    public void Kustomization_ListsEveryManifest()
    {
        var listed = Yaml.Read(Path.Combine(Manifests.Folder, "kustomization.yaml")).List("resources");
        Assert.Equal(Manifests.Files, listed.Order());
    }

    [Fact]
    public void Service_OfAnyPods_FindsPodsThatHaveItsPorts()
    {
        foreach (var service in Manifests.All.Of<V1Service>())
        {
            var pods = Assert.Single(Manifests.All.Select(service.Spec.Selector));
            var ports = Manifests.All.PortsOf(pods);
            Assert.All(service.Spec.Ports, port => Assert.Equal(port.Port, ports[port.TargetPort.Value]));
        }
    }

    /// <summary>Every address of a stage's name has to be a replica.</summary>
    [Theory]
    [InlineData("drafter")]
    [InlineData("refiner")]
    public void Service_OfAStage_HasNoAddressOfItsOwn(string stage)
        => Assert.Equal("None", Manifests.All.Named<V1Service>(stage).Spec.ClusterIP);

    [Theory]
    [MemberData(nameof(Manifests.Names), MemberType = typeof(Manifests))]
    public void Selector_OfPods_FindsThemAlone(string name)
    {
        var selectors = Manifests.All.Of<V1Deployment>().Where(each => each.Name() == name)
            .Select(each => each.Spec.Selector)
            .Concat(Manifests.All.Of<V1StatefulSet>().Where(each => each.Name() == name)
                .Select(each => each.Spec.Selector));
        Assert.Equal([name], Manifests.All.Select(Assert.Single(selectors).MatchLabels));
        foreach (var spread in Manifests.All.Pods[name].Spec.TopologySpreadConstraints ?? [])
        {
            Assert.Equal([name], Manifests.All.Select(spread.LabelSelector.MatchLabels));
        }
    }

    [Theory]
    [MemberData(nameof(Manifests.Names), MemberType = typeof(Manifests))]
    public void Probe_OfAnyPod_AsksAPortThatThePodHas(string name)
    {
        var container = Manifests.All.ContainerOf(name);
        V1Probe?[] probes = [container.StartupProbe, container.ReadinessProbe, container.LivenessProbe];
        var asked = probes.OfType<V1Probe>()
            .Select(probe => probe.HttpGet?.Port ?? probe.TcpSocket?.Port).OfType<IntOrString>().ToArray();
        Assert.NotEmpty(asked);
        Assert.All(asked, port => Assert.Contains(port.Value, Manifests.All.PortsOf(name)));
    }

    [Theory]
    [InlineData("gateway")]
    [InlineData("drafter")]
    [InlineData("refiner")]
    public void Port_OfAService_IsTheDefaultOfItsSetting(string service)
    {
        var ports = Manifests.All.PortsOf(service);
        Assert.Equal(ServiceSettings.DefaultOf(service, "Port"), $"{ports["grpc"]}");
        Assert.Equal(ServiceSettings.DefaultOf(service, "HttpPort"), $"{ports["http"]}");
        var annotations = Manifests.All.Pods[service].Metadata.Annotations;
        Assert.Equal($"{ports["http"]}", annotations["prometheus.io/port"]);
    }

    [Theory]
    [MemberData(nameof(Manifests.Names), MemberType = typeof(Manifests))]
    public void Setting_OfAnyPod_IsOneOfItsService(string name)
    {
        var settings = (Manifests.All.ContainerOf(name).Env ?? []).Select(variable => variable.Name)
            .Where(variable => variable.Contains("__", StringComparison.Ordinal));
        Assert.All(settings, setting => ServiceSettings.AssertKnown(setting, name));
    }

    [Theory]
    [MemberData(nameof(Manifests.Names), MemberType = typeof(Manifests))]
    public void Pod_OfAnyKind_HasNoRightsThatItDoesNotNeed(string name)
    {
        var pod = Manifests.All.Pods[name].Spec;
        Assert.True(pod.SecurityContext.RunAsNonRoot);
        Assert.Equal("RuntimeDefault", pod.SecurityContext.SeccompProfile.Type);
        Assert.Equal(name == "gateway", pod.AutomountServiceAccountToken ?? true);
        var rights = Manifests.All.ContainerOf(name).SecurityContext;
        Assert.False(rights.AllowPrivilegeEscalation);
        Assert.True(rights.ReadOnlyRootFilesystem);
        Assert.Equal(["ALL"], rights.Capabilities.Drop);
    }

    [Theory]
    [MemberData(nameof(Manifests.Names), MemberType = typeof(Manifests))]
    public void Pod_OfAnyKind_RequestsNoMoreThanItsLimits(string name)
    {
        var resources = Manifests.All.ContainerOf(name).Resources;
        Assert.Equal(["cpu", "memory"], resources.Requests.Keys.Order());
        Assert.Equal(["cpu", "memory"], resources.Limits.Keys.Order());
        Assert.All(resources.Requests, request => Assert.InRange(
            request.Value.ToDecimal(), 0, resources.Limits[request.Key].ToDecimal()));
    }
}
