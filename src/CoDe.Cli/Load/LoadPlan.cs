namespace CoDe.Cli.Load;

/// <summary>Requests to send to a gateway: kinds, rate and duration.</summary>
/// <param name="Labels">A request has one of them.</param>
/// <param name="Steps">N; null for the model's own.</param>
/// <param name="Counts">Images of a request.</param>
/// <param name="Clients">Clients that each wait for their answer before they ask again; null for an open loop.</param>
/// <param name="Rate">Requests a second of an open loop, whose times are random (Poisson); null for clients.</param>
/// <param name="WarmUp">Time at the start that is not measured.</param>
/// <param name="Duration">Measured time; null for a number of requests.</param>
/// <param name="Requests">Measured requests; null for a time.</param>
/// <param name="Seed">Seed of times, labels and mixes; images have seeds of their own.</param>
internal sealed record LoadPlan(
    string Model, IReadOnlyList<string> Labels, Mix? Steps, Mix Counts, int? Clients, double? Rate,
    TimeSpan WarmUp, TimeSpan? Duration, int? Requests, int Seed);

/// <summary>A request that has ended. Times are from the start of the run.</summary>
/// <param name="Due">Time when it was due; an open loop may have sent it later.</param>
/// <param name="Sent">Time when it was sent.</param>
/// <param name="Finish">Time when it was answered or failed.</param>
/// <param name="Steps">N; null for the model's own.</param>
/// <param name="Failure">The status of a request that failed; null for an answer.</param>
internal sealed record LoadSample(
    TimeSpan Due, TimeSpan Sent, TimeSpan Finish, uint? Steps, uint Images, string? Failure)
{
    /// <summary>
    /// Gets the time since the request was due, not since it was sent: the wait in a sender that a slow service holds
    /// up is part of what a client would see.
    /// </summary>
    public TimeSpan Latency => Finish - Due;
}
