using CoDe.Engine.Var;
using CoDe.Flow;

namespace CoDe.Engine.Stages;

/// <summary>
/// Checks batches and drafts before anything of them is computed. Whatever is on the way between stages may be forged.
/// </summary>
/// <param name="capacity">The most images of a batch.</param>
internal sealed class BatchCheck(VarConfig config, int capacity)
{
    /// <summary>The largest float16. Features of a model are some hundreds at most.</summary>
    private const float LargestFeature = 65504;

    private readonly ScaleSchedule _schedule = config.Schedule;

    /// <exception cref="InvalidSettingException">A request or the batch is out of its range.</exception>
    public void Requests(IReadOnlyList<ImageRequest> requests)
    {
        Check(requests.Count >= 1 && requests.Count <= capacity, "batch", requests.Count, $"1 to {capacity} images");
        foreach (var request in requests)
        {
            request.Validate(config.Classes, _schedule.Count);
            CheckEdit(request.Edit);
        }
    }

    /// <summary>Checks a batch with a draft for each request, all of the same N.</summary>
    /// <param name="mostScales">The most scales of a draft.</param>
    /// <exception cref="InvalidSettingException">A request, a draft or the batch is out of its range.</exception>
    public void Drafts(IReadOnlyList<ImageRequest> requests, IReadOnlyList<Draft> drafts, int mostScales)
    {
        Requests(requests);
        Check(drafts.Count == requests.Count, "drafts", drafts.Count, $"one a request, {requests.Count}");
        var scales = drafts[0].Scales;
        Check(scales >= 1 && scales <= mostScales, "draft scales", scales, $"1 to {mostScales}");
        foreach (var (request, draft) in requests.Zip(drafts))
        {
            Check(draft.Scales == scales, "draft scales", draft.Scales, $"{scales}, as the batch's first");
            CheckTokens(draft);
            CheckMap("feature map", draft.FeatureMap);
            CheckInputs(request, draft);
        }
    }

    private static void Check(bool fits, string field, int value, string allowed)
    {
        if (!fits)
        {
            throw new InvalidSettingException(field, FormattableString.Invariant($"{value}"), allowed);
        }
    }

    private static void CheckValues(string field, ReadOnlySpan<float> values, float least, float most)
    {
        foreach (var value in values)
        {
            if (!(value >= least && value <= most))
            {
                throw new InvalidSettingException(
                    field, FormattableString.Invariant($"{value}"),
                    FormattableString.Invariant($"numbers from {least} to {most}"));
            }
        }
    }

    private void CheckEdit(Edit? edit)
    {
        if (edit is null)
        {
            return;
        }

        var (scales, pixels) = (_schedule.Count, _schedule.FinalSide * _schedule.FinalSide);
        Check(edit.Features.Count == scales, "edit's feature maps", edit.Features.Count, $"{scales}");
        foreach (var map in edit.Features)
        {
            CheckMap("edit's feature map", map);
        }

        Check(edit.Keep.Count == pixels, "edit's mask", edit.Keep.Count, $"{pixels} values");
        CheckValues("edit's mask", [.. edit.Keep], 0, 1);
    }

    private void CheckTokens(Draft draft)
    {
        for (var scale = 0; scale < draft.Scales; scale++)
        {
            var map = draft.TokenMaps[scale];
            var (side, count, vocabulary) = (_schedule.Side(scale), _schedule.Tokens(scale), config.Vocabulary);
            Check(map.Side == side, "token map side", map.Side, $"{side} at scale {scale + 1}");
            Check(map.Tokens.Length == count, "token map", map.Tokens.Length, $"{count} tokens at scale {scale + 1}");
            Check(map.Tokens.Max() < vocabulary, "token", map.Tokens.Max(), $"0 to {vocabulary - 1}");
        }
    }

    /// <summary>Checks that a map has the model's size and numbers that can be stored in every type of maps.</summary>
    private void CheckMap(string field, FeatureMap map)
    {
        var (width, side) = (config.CodeWidth, _schedule.FinalSide);
        Check(map.Channels == width, $"{field} channels", map.Channels, $"{width}");
        Check(map.Side == side, $"{field} side", map.Side, $"{side}");
        Check(map.Values.Length == width * side * side, field, map.Values.Length, $"{width * side * side} values");
        CheckValues(field, map.Values, -LargestFeature, LargestFeature);
    }

    /// <summary>Checks the recorded inputs. A draft of one scale has none, and one of all scales needs none.</summary>
    private void CheckInputs(ImageRequest request, Draft draft)
    {
        var count = (_schedule.End(draft.Scales - 1) - _schedule.End(0)) * config.CodeWidth;
        if (draft.Inputs is { Length: > 0 } inputs)
        {
            Check(inputs.Length == count, "draft inputs", inputs.Length, $"{count} values");
            CheckValues("draft inputs", inputs, -LargestFeature, LargestFeature);
            return;
        }

        var isWhole = draft.Scales == _schedule.Count;
        Check(
            isWhole || count == 0 || request.FollowsFromTokens(),
            "draft inputs", 0, "the recorded inputs of a smooth or edited image");
    }
}
