namespace CoDe.Compute;

/// <summary>A device that will do nothing more for this process, which has to start anew.</summary>
public sealed class DeviceLostException(string message) : Exception(message);
