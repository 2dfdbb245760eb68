using System.Net;
using k8s;
using Orleans.Hosting.Kubernetes;

namespace CoDe.Gateway.Cluster;

/// <summary>The pod that this gateway is, from the variables and files that its manifest gives it.</summary>
internal static class KubernetesPod
{
    private static readonly string[] Variables =
    [
        KubernetesHostingOptions.PodNameEnvironmentVariable,
        KubernetesHostingOptions.PodNamespaceEnvironmentVariable,
        KubernetesHostingOptions.PodIPEnvironmentVariable,
    ];

    public static string Name => Value(KubernetesHostingOptions.PodNameEnvironmentVariable);

    public static string Namespace => Value(KubernetesHostingOptions.PodNamespaceEnvironmentVariable);

    public static IPAddress Address => IPAddress.Parse(Value(KubernetesHostingOptions.PodIPEnvironmentVariable));

    /// <summary>Checks that this process is in a pod that may use the Kubernetes API.</summary>
    /// <returns>What is missing, or null.</returns>
    public static string? Problem()
    {
        string[] missing = [.. Variables.Where(variable => Value(variable).Length == 0)];
        if (missing.Length > 0)
        {
            return $"needs the environment variables {string.Join(", ", missing)}, as in deploy/kubernetes";
        }

        var ip = Value(KubernetesHostingOptions.PodIPEnvironmentVariable);
        if (!GatewayOptions.IsIpV4(ip))
        {
            return $"needs an IPv4 address in POD_IP, which is {ip}";
        }

        return KubernetesClientConfiguration.IsInCluster() ? null : "needs a pod with the token of a service account";
    }

    /// <summary>Names the silo after its pod, and declares silos dead whose pods are gone.</summary>
    public static void UseKubernetes(this ISiloBuilder silo)
    {
        silo.Services.AddHostedService<KubernetesCheck>();
        silo.UseKubernetesHosting();
    }

    private static string Value(string variable) => Environment.GetEnvironmentVariable(variable) ?? "";
}
