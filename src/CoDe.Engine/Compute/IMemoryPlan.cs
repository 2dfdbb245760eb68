namespace CoDe.Engine.Compute;

/// <summary>
/// Back end that computes nothing and counts the memory that another would take, so that models which do not fit a
/// device are refused before they are read.
/// </summary>
public interface IMemoryPlan : IBackend
{
    /// <summary>
    /// Bytes that would be taken at the highest, beside what the device has taken already: blocks, temporaries of the
    /// operators that ran, and a margin for libraries.
    /// </summary>
    long PeakBytes { get; }

    /// <summary>Bytes that the device has left.</summary>
    long FreeBytes { get; }
}
