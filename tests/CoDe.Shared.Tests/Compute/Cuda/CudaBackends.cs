using CoDe.Compute;
using CoDe.Compute.Cuda;
using CoDe.CudaStandIn;

namespace CoDe.Tests.Compute.Cuda;

/// <summary>The CUDA back end with its kernels run by this processor.</summary>
internal static class CudaBackends
{
    public static IBackend Create(ElementType weights = ElementType.Float32, int device = 0, bool useCublas = true)
    {
        CudaOnCpu.Load();
        return CudaBackend.Create(new CudaOptions(device, weights) { UseCublas = useCublas });
    }
}
