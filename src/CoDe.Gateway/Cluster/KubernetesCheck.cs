using CoDe.Hosting.Lifecycle;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Hosting.Kubernetes;

namespace CoDe.Gateway.Cluster;

/// <summary>
/// Asks the Kubernetes API for the pods before anything else starts, so that an error is one readable line. Orleans
/// would ask again without end where it is forbidden to.
/// </summary>
internal sealed class KubernetesCheck(IOptions<ClusterOptions> cluster) : StartupCheck
{
    /// <exception cref="IOException">The API does not answer or refuses, or the pod lacks labels.</exception>
    public override async Task StartingAsync(CancellationToken cancellationToken)
    {
        var configuration = KubernetesClientConfiguration.InClusterConfig();
        try
        {
            using var client = new Kubernetes(configuration);
            await client.CoreV1.ListNamespacedPodAsync(
                KubernetesPod.Namespace, limit: 1, cancellationToken: cancellationToken);
            CheckLabels(await client.CoreV1.ReadNamespacedPodAsync(
                KubernetesPod.Name, KubernetesPod.Namespace, cancellationToken: cancellationToken));
        }
        catch (HttpOperationException error)
        {
            throw new IOException(
                $"The Kubernetes API at {configuration.Host} refuses with {error.Response.StatusCode}; "
                + "Gateway:Kubernetes needs a role that may get, list and watch pods, as in deploy/kubernetes",
                error);
        }
        catch (Exception error) when (error is HttpRequestException
            || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new IOException(
                $"Cannot reach the Kubernetes API at {configuration.Host}: {error.Message}", error);
        }
    }

    /// <summary>Checks the labels by which Orleans finds pods, and which it would otherwise try to set.</summary>
    private void CheckLabels(V1Pod pod)
    {
        (string Label, string Value)[] needed =
        [
            (KubernetesHostingOptions.ServiceIdLabel, cluster.Value.ServiceId),
            (KubernetesHostingOptions.ClusterIdLabel, cluster.Value.ClusterId),
        ];
        foreach (var (label, value) in needed)
        {
            if (pod.GetLabel(label) != value)
            {
                throw new IOException($"The pod {pod.Name()} needs the label {label}: {value}");
            }
        }
    }
}
