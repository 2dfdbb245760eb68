using Grpc.Core;

namespace CoDe.Resilience.Load;

/// <summary>Outcome of one request.</summary>
/// <param name="Due">When it was to be sent, in seconds since the load began.</param>
/// <param name="Done">When its end was known.</param>
internal sealed record Outcome(int Number, double Due, double Done, Status Status)
{
    /// <summary>Counted from when it was due, so that a client that falls behind hides nothing.</summary>
    public double Milliseconds => (Done - Due) * 1000;

    public bool IsAnswered => Status.StatusCode == StatusCode.OK;

    public bool IsRefused => Status.StatusCode == StatusCode.ResourceExhausted;
}
