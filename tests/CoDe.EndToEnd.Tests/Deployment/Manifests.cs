using CoDe.Testing;
using k8s;
using k8s.Models;
using Xunit;

namespace CoDe.EndToEnd.Deployment;

/// <summary>Objects of deploy/kubernetes; unknown fields and kinds are errors.</summary>
internal sealed class Manifests
{
    /// <summary>Files that are not for Kubernetes itself.</summary>
    private static readonly string[] Others = ["kustomization.yaml", "prometheus-adapter.yaml"];

    private static readonly Dictionary<string, Type> Kinds = new()
    {
        ["apps/v1/Deployment"] = typeof(V1Deployment),
        ["apps/v1/StatefulSet"] = typeof(V1StatefulSet),
        ["autoscaling/v2/HorizontalPodAutoscaler"] = typeof(V2HorizontalPodAutoscaler),
        ["networking.k8s.io/v1/NetworkPolicy"] = typeof(V1NetworkPolicy),
        ["policy/v1/PodDisruptionBudget"] = typeof(V1PodDisruptionBudget),
        ["rbac.authorization.k8s.io/v1/Role"] = typeof(V1Role),
        ["rbac.authorization.k8s.io/v1/RoleBinding"] = typeof(V1RoleBinding),
        ["v1/Service"] = typeof(V1Service),
        ["v1/ServiceAccount"] = typeof(V1ServiceAccount),
    };

    private readonly List<object> _objects;

    private Manifests(List<object> objects) => _objects = objects;

    public static string Folder { get; } = Path.Combine(RepositoryPaths.Root, "deploy", "kubernetes");

    /// <summary>Names of the files with objects for Kubernetes.</summary>
    public static IReadOnlyList<string> Files { get; } =
        [.. Directory.EnumerateFiles(Folder, "*.yaml").Select(file => Path.GetFileName(file)).Except(Others).Order()];

    public static Manifests All { get; } = Load();

    /// <summary>Pods by the name of what makes them.</summary>
    public IReadOnlyDictionary<string, V1PodTemplateSpec> Pods
        => Of<V1Deployment>().Select(each => (each.Name(), each.Spec.Template))
            .Concat(Of<V1StatefulSet>().Select(each => (each.Name(), each.Spec.Template)))
            .ToDictionary();

    /// <summary>Names of all that makes pods.</summary>
    public static TheoryData<string> Names() => [.. All.Pods.Keys];

    public static Manifests Read(params string[] texts)
        => new([.. texts.SelectMany(text => KubernetesYaml.LoadAllFromString(text, Kinds, strict: true))]);

    public IReadOnlyList<T> Of<T>() => [.. _objects.OfType<T>()];

    public T Named<T>(string name)
        where T : IKubernetesObject<V1ObjectMeta>
        => Of<T>().Single(each => each.Name() == name);

    public V1Container ContainerOf(string pods) => Pods[pods].Spec.Containers.Single();

    /// <summary>Gets the ports of a pod by their names.</summary>
    public IReadOnlyDictionary<string, int> PortsOf(string pods)
        => ContainerOf(pods).Ports.ToDictionary(port => port.Name, port => port.ContainerPort);

    /// <summary>Names what makes the pods that a selector finds.</summary>
    public IEnumerable<string> Select(IDictionary<string, string> selector)
        => Pods.Where(pod => selector.All(pair => pod.Value.Metadata.Labels.Contains(pair))).Select(pod => pod.Key);

    private static Manifests Load() => Read([.. Files.Select(file => File.ReadAllText(Path.Combine(Folder, file)))]);
}
