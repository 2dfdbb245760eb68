namespace CoDe.Flow;

/// <summary>Why a stage did not answer.</summary>
public enum StageFault
{
    /// <summary>The replica cannot be reached, or takes no work.</summary>
    Lost,

    /// <summary>The queue of the replica is full.</summary>
    Busy,

    /// <summary>The call failed inside the replica, or ended without an answer.</summary>
    Failed,
}

/// <summary>A stage did not do its work; another replica may.</summary>
public sealed class StageFaultException(StageFault fault, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public StageFault Fault => fault;
}
