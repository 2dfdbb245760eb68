namespace CoDe.Compute.Cuda;

/// <summary>An NVIDIA GPU as a device.</summary>
public static class CudaBackend
{
    /// <summary>Makes a back end: compiles the kernels for the device, or takes them from the cache.</summary>
    /// <exception cref="CudaException">There is no driver, no compiler or no such device, or it is too old.</exception>
    public static IBackend Create(CudaOptions options)
    {
        var device = new CudaDevice(options.Device);
        try
        {
            return new CudaOperators(device, KernelLibrary.Load(device), options);
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }
}
