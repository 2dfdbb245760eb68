using CoDe.Testing;
using k8s;
using k8s.Models;
using Xunit;

namespace CoDe.EndToEnd.Deployment;

/// <summary>deploy/kubernetes-jobs: a volume that the gateways mount where their setting says.</summary>
public sealed class JobsOverlayTests
{
    private static readonly string Folder = Path.Combine(RepositoryPaths.Root, "deploy", "kubernetes-jobs");

    [Fact]
    public void Gateway_OfTheOverlay_KeepsJobsInTheSharedVolume()
    {
        var claim = Read<V1PersistentVolumeClaim>("volume.yaml");
        var gateway = Read<V1Deployment>("gateway.yaml");
        var pod = gateway.Spec.Template.Spec;
        var volume = Assert.Single(pod.Volumes);
        var container = Assert.Single(pod.Containers);
        var mount = Assert.Single(container.VolumeMounts);
        var setting = Assert.Single(container.Env);
        Assert.Equal(["ReadWriteMany"], claim.Spec.AccessModes);
        Assert.Equal((claim.Name(), volume.Name), (volume.PersistentVolumeClaim.ClaimName, mount.Name));
        Assert.Equal(mount.MountPath, setting.Value);
        ServiceSettings.AssertKnown(setting.Name, "gateway");
        Assert.Equal(Manifests.All.ContainerOf(gateway.Name()).Name, container.Name);
        Assert.Equal(Manifests.All.Pods["gateway"].Spec.SecurityContext.RunAsGroup, pod.SecurityContext.FsGroup);
    }

    private static T Read<T>(string file)
        => KubernetesYaml.Deserialize<T>(File.ReadAllText(Path.Combine(Folder, file)), strict: true);
}
