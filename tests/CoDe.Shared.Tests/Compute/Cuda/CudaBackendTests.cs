namespace CoDe.Tests.Compute.Cuda;

/// <summary>The CUDA kernels' source, run on this processor.</summary>
public sealed class CudaBackendTests() : BackendTests(CudaBackends.Create());
