using k8s.Models;
using Xunit;

namespace CoDe.EndToEnd.Deployment;

/// <summary>Network policies: the pods that may connect to each port.</summary>
public sealed class NetworkPolicyTests
{
    [Theory]
    [MemberData(nameof(Manifests.Names), MemberType = typeof(Manifests))]
    public void NetworkPolicy_OfAnyPod_HasEachOfItsPortsOnce(string name)
    {
        var policy = Manifests.All.Named<V1NetworkPolicy>(name);
        Assert.Equal([name], Manifests.All.Select(policy.Spec.PodSelector.MatchLabels));
        var ports = policy.Spec.Ingress.SelectMany(rule => rule.Ports).Select(port => int.Parse(port.Port.Value));
        Assert.Equal(Manifests.All.PortsOf(name).Values.Order(), ports.Order());
    }

    [Theory]
    [InlineData("gateway", "silo")]
    [InlineData("drafter", "grpc")]
    [InlineData("refiner", "grpc")]
    [InlineData("redis", "redis")]
    public void NetworkPolicy_OfAnInnerPort_LetsGatewaysInAlone(string name, string port)
    {
        var number = $"{Manifests.All.PortsOf(name)[port]}";
        var rule = Manifests.All.Named<V1NetworkPolicy>(name).Spec.Ingress
            .Single(each => each.Ports.Any(allowed => allowed.Port.Value == number));
        Assert.Single(rule.Ports);
        var peer = Assert.Single(rule.FromProperty);
        Assert.Null(peer.NamespaceSelector);
        Assert.Equal(["gateway"], Manifests.All.Select(peer.PodSelector.MatchLabels));
    }
}
