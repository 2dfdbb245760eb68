namespace CoDe.Engine.Compute;

/// <summary>Meaning of an exception for the device that an operator failed on.</summary>
public enum DeviceFault
{
    /// <summary>The device is well; the call or its arguments were wrong.</summary>
    None,

    /// <summary>The memory of the device is full.</summary>
    OutOfMemory,

    /// <summary>The device fails every further call of this process.</summary>
    Lost,
}
