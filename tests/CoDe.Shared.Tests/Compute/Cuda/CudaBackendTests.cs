using CoDe.Compute.Cpu;
using CoDe.CudaStandIn;

namespace CoDe.Tests.Compute.Cuda;

/// <summary>The CUDA kernels' source, run on this processor; where that cannot be, the CPU's back end again, which its own tests cover.</summary>
public sealed class CudaBackendTests() : BackendTests(CudaOnCpu.Missing is null ? CudaBackends.Create() : CpuBackend.Create(new CpuOptions()));
