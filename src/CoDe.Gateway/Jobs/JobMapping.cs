using CoDe.Protocol.V1;
using Google.Protobuf.WellKnownTypes;

namespace CoDe.Gateway.Jobs;

/// <summary>Maps jobs to messages.</summary>
internal static class JobMapping
{
    public static Job ToWire(this JobSnapshot job, string id) => new()
    {
        Id = id,
        State = job.State,
        Request = GenerateRequest.Parser.ParseFrom(job.Order.Request),
        Images = (uint)job.Order.Images,
        Done = (uint)new NumberSet(job.Done).Count,
        Message = job.Message,
        Created = Timestamp.FromDateTime(job.Created),
        Finished = job.Finished is { } finished ? Timestamp.FromDateTime(finished) : null,
    };
}
