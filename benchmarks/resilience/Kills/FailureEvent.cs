namespace CoDe.Resilience.Kills;

/// <summary>Something that happens to the services while they are under load.</summary>
/// <param name="IsBeforeGateway">
/// Whether it cuts requests between client and gateway, which the client has to send again.
/// </param>
internal sealed record FailureEvent(string Name, Func<Task> Happen, bool IsBeforeGateway = false);

/// <param name="At">Seconds since the load began.</param>
internal sealed record HappenedEvent(FailureEvent Event, double At);
