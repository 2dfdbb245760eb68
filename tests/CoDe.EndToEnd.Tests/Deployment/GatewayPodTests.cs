using k8s.Models;
using Xunit;

namespace CoDe.EndToEnd.Deployment;

/// <summary>Pods of gateways: their settings, their stages and what they may do.</summary>
public sealed class GatewayPodTests
{
    [Fact]
    public void Port_BetweenGateways_IsTheDefaultOfItsSetting()
    {
        var port = Manifests.All.PortsOf("gateway")["silo"];
        Assert.Equal(ServiceSettings.DefaultOf("gateway", "SiloPort"), $"{port}");
    }

    [Fact]
    public void Gateway_InAPod_HasWhatItsKubernetesSettingNeeds()
    {
        var variables = Manifests.All.ContainerOf("gateway").Env.ToDictionary(each => each.Name);
        Assert.Equal("true", variables["Gateway__Kubernetes"].Value);
        Assert.Equal("metadata.name", variables["POD_NAME"].ValueFrom.FieldRef.FieldPath);
        Assert.Equal("metadata.namespace", variables["POD_NAMESPACE"].ValueFrom.FieldRef.FieldPath);
        Assert.Equal("status.podIP", variables["POD_IP"].ValueFrom.FieldRef.FieldPath);
        var labels = Manifests.All.Pods["gateway"].Metadata.Labels;
        Assert.Equal("code-gateway", labels["orleans/serviceId"]);
        Assert.Equal("code-gateway", labels["orleans/clusterId"]);
    }

    [Theory]
    [InlineData("Gateway__Redis", "redis")]
    [InlineData("Gateway__Drafters__0", "drafter")]
    [InlineData("Gateway__Refiners__0", "refiner")]
    public void Address_InAGatewaysSetting_IsThatOfAService(string setting, string service)
    {
        var value = Manifests.All.ContainerOf("gateway").Env.Single(each => each.Name == setting).Value;
        var address = new Uri(value.Contains("://", StringComparison.Ordinal) ? value : $"tcp://{value}");
        Assert.Equal(service, address.Host);
        Assert.Contains(Manifests.All.Named<V1Service>(service).Spec.Ports, port => port.Port == address.Port);
    }

    [Fact]
    public void Role_OfGateways_LetsThemReadAndWatchPodsAndNoMore()
    {
        var account = Manifests.All.Pods["gateway"].Spec.ServiceAccountName;
        var binding = Assert.Single(Manifests.All.Of<V1RoleBinding>());
        var subject = Assert.Single(binding.Subjects);
        Assert.Equal(("ServiceAccount", account), (subject.Kind, subject.Name));
        Assert.Contains(Manifests.All.Of<V1ServiceAccount>(), each => each.Name() == account);
        var role = Manifests.All.Named<V1Role>(binding.RoleRef.Name);
        var rule = Assert.Single(role.Rules);
        Assert.Equal([""], rule.ApiGroups);
        Assert.Equal(["pods"], rule.Resources);
        Assert.Equal(["get", "list", "watch"], rule.Verbs.Order());
    }
}
