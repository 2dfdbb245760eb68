namespace CoDe.Planning;

/// <summary>Bounds of the gateway's dispatch, which the planner simulates.</summary>
public static class DispatchRules
{
    /// <summary>
    /// Batches that a replica has at a time: one that runs and one that waits, so that the device is never idle between
    /// two.
    /// </summary>
    public const int MostOutstanding = 2;

    /// <summary>Gets the batches that may be between queue and result: drafters do not outrun refiners.</summary>
    public static int MostInFlight(int drafters, int refiners) => (MostOutstanding * (drafters + refiners)) + 1;
}
