namespace CoDe.Compute;

/// <summary>
/// A back end that takes no memory and computes nothing, but counts what memory would be taken: what is loaded into it, and the sessions
/// that are made on it, are found to fit a device or not before anything is read.
/// </summary>
public interface IMemoryPlan : IBackend
{
    /// <summary>The most bytes that were taken at a time, besides what the device has taken already.</summary>
    long PeakBytes { get; }

    /// <summary>Bytes that the device has left.</summary>
    long FreeBytes { get; }
}
