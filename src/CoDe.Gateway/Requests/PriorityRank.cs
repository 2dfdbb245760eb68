using CoDe.Protocol.V1;

namespace CoDe.Gateway.Requests;

/// <summary>Orders priorities: lower values run first.</summary>
internal static class PriorityRank
{
    public static int Rank(this Priority priority) => priority switch
    {
        Priority.High => 0,
        Priority.Low => 2,
        _ => 1,
    };
}
