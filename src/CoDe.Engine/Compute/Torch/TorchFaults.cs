using System.Runtime.InteropServices;

namespace CoDe.Engine.Compute.Torch;

/// <summary>
/// Tells failures of a device from those of a call by the messages of libtorch. TorchSharp passes on nothing else.
/// </summary>
internal static class TorchFaults
{
    private static readonly string[] OfMemory =
    [
        "out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED", "can't allocate memory",
        "not enough memory",
    ];

    /// <summary>Failures that the next call does not see again.</summary>
    private static readonly string[] OfArguments =
    [
        "invalid argument", "invalid configuration argument", "CUBLAS_STATUS_INVALID_VALUE",
        "CUBLAS_STATUS_NOT_SUPPORTED", "CUDNN_STATUS_BAD_PARAM", "CUDNN_STATUS_NOT_SUPPORTED",
    ];

    private static readonly string[] OfDevice = ["CUDA error", "CUDA driver error", "cuDNN error"];

    public static DeviceFault Of(Exception error) => error switch
    {
        OutOfMemoryException => DeviceFault.OutOfMemory,
        ExternalException when ContainsAny(error, OfMemory) => DeviceFault.OutOfMemory,
        ExternalException when ContainsAny(error, OfArguments) => DeviceFault.None,
        ExternalException when ContainsAny(error, OfDevice) => DeviceFault.Lost,
        _ => DeviceFault.None,
    };

    private static bool ContainsAny(Exception error, string[] parts)
        => Array.Exists(parts, part => error.Message.Contains(part, StringComparison.OrdinalIgnoreCase));
}
