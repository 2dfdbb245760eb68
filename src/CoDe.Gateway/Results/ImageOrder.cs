using CoDe.Gateway.Requests;

namespace CoDe.Gateway.Results;

/// <summary>The images that a request asks for.</summary>
/// <param name="Tell">Receives progress; null where none is wanted.</param>
internal sealed record ImageOrder(ReadRequest Read, int Priority, Action<ImageProgress>? Tell, Caller Caller)
{
    /// <summary>
    /// Creates a submission of some of the images. Its positions are its own; the noise follows the number that each
    /// image keeps.
    /// </summary>
    /// <param name="positions">Positions in this order, which progress is told with.</param>
    public PendingRequest ToPending(int[] positions)
    {
        var some = Read with { Images = [.. positions.Select(position => Read.Images[position])] };
        return new PendingRequest(some, Priority, Tell is null ? null : TellAll, Caller);

        void TellAll(ImageProgress progress) => Tell(progress with { Position = positions[progress.Position] });
    }
}
