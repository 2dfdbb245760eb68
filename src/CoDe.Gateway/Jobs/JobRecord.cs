using CoDe.Protocol.V1;

namespace CoDe.Gateway.Jobs;

/// <summary>Stored state of a job. The property names are those of the stored JSON.</summary>
internal sealed class JobRecord
{
    public JobOrder? Order { get; set; }

    /// <summary>Numbers of the images that are done: see <see cref="NumberSet.ToRanges"/>.</summary>
    public int[] Done { get; set; } = [];

    public JobState State { get; set; }

    /// <summary>Reason for which it waits or failed; else empty.</summary>
    public string Message { get; set; } = "";

    public DateTime Created { get; set; }

    public DateTime? Finished { get; set; }

    public JobSnapshot ToSnapshot() => new(Order!, Done, State, Message, Created, Finished);
}

/// <summary>Work of a job.</summary>
/// <param name="Digest">Identifies the client's request: the same id with another one is an error.</param>
/// <param name="Request">A serialized <see cref="GenerateRequest"/> that has every field and labels as numbers.</param>
/// <param name="Pair">Weights and arithmetic of both stages, which all images must have in common.</param>
/// <param name="Caller">Callers take turns within a priority.</param>
/// <param name="Images">Number of images.</param>
/// <param name="Classes">Classes of the model.</param>
/// <param name="Side">Pixels of an image's side.</param>
[GenerateSerializer, Immutable]
internal sealed record JobOrder(
    [property: Id(0)] string Digest,
    [property: Id(1)] byte[] Request,
    [property: Id(2)] string Pair,
    [property: Id(3)] string Caller,
    [property: Id(4)] int Images,
    [property: Id(5)] int Classes,
    [property: Id(6)] int Side);

/// <summary>A job at one time, as the faces see it.</summary>
/// <param name="Done">As in <see cref="JobRecord"/>.</param>
[GenerateSerializer, Immutable]
internal sealed record JobSnapshot(
    [property: Id(0)] JobOrder Order,
    [property: Id(1)] int[] Done,
    [property: Id(2)] JobState State,
    [property: Id(3)] string Message,
    [property: Id(4)] DateTime Created,
    [property: Id(5)] DateTime? Finished);
