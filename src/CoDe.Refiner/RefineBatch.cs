using CoDe.Flow;
using CoDe.Protocol;
using Wire = CoDe.Protocol.V1;

namespace CoDe.Refiner;

/// <summary>A batch to refine, checked as far as each image goes.</summary>
/// <param name="Drafts">One an image; those of all scales are only decoded.</param>
/// <param name="Previews">Positions of the images whose draft is decoded first.</param>
/// <param name="WantsProgress">Whether previews or scales are reported.</param>
internal sealed record RefineBatch(
    IReadOnlyList<ImageRequest> Images, IReadOnlyList<Draft> Drafts, IReadOnlyList<int> Previews, bool WantsProgress)
{
    /// <exception cref="InvalidSettingException">A field is missing or malformed.</exception>
    public static RefineBatch FromWire(Wire.RefineRequest request)
    {
        int[] previews = [.. Enumerable.Range(0, request.Images.Count).Where(image => request.Images[image].Preview)];
        foreach (var image in request.Images)
        {
            image.Format.FromWire();
        }

        var specs = request.Images
            .Select(image => image.Spec ?? throw new InvalidSettingException("spec", "missing", "one"));
        return new RefineBatch(
            [.. specs.Select(spec => spec.FromWire())],
            [.. request.Images.Select(image => FlowMapping.DraftFrom(image.Draft))],
            previews,
            request.Progress || previews.Length > 0);
    }
}
