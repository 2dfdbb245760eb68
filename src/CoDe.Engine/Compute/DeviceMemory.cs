namespace CoDe.Engine.Compute;

/// <summary>Bytes of a device's own memory.</summary>
/// <param name="Used">Taken now, by whichever process.</param>
/// <param name="Total">There are.</param>
/// <param name="Peak">The most that this back end had taken at a time.</param>
public readonly record struct DeviceMemory(long Used, long Total, long Peak);
