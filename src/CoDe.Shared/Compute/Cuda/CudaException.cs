namespace CoDe.Compute.Cuda;

/// <summary>A call of the driver or of the run-time compiler that failed, or a device that cannot be used.</summary>
public sealed class CudaException : Exception
{
    public CudaException(string message)
        : base(message)
    {
    }

    public CudaException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
