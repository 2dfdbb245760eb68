using CoDe.Engine.Compute.Torch.Native;

namespace CoDe.Engine.Compute.Torch;

/// <summary>Memory of a GPU that is taken, and the most that was taken since the gauge was made.</summary>
internal sealed class DeviceGauge : IDisposable
{
    private readonly CudaDriver _driver;
    private readonly Lock _lock = new();
    private readonly long _before;
    private long _peak;

    /// <exception cref="CudaDriverException">The driver failed.</exception>
    public DeviceGauge(int gpu)
    {
        _driver = new CudaDriver(gpu);
        _before = Read().Used;
        _peak = 0;
    }

    /// <summary>Bytes that nothing has taken.</summary>
    public long Free => _driver.Memory().Free;

    /// <summary>Reads the memory. libtorch keeps what it took, so the share of this back end is its peak.</summary>
    public DeviceMemory Read()
    {
        lock (_lock)
        {
            var (free, total) = _driver.Memory();
            _peak = Math.Max(_peak, total - free - _before);
            return new DeviceMemory(total - free, total, _peak);
        }
    }

    public void Dispose() => _driver.Dispose();
}
