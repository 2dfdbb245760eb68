using CoDe.Engine.Compute;
using CoDe.Engine.Serving;
using CoDe.Engine.Stages;
using CoDe.Engine.Vqvae;
using CoDe.Flow;

namespace CoDe.Cli.Verify;

/// <summary>Decodes one golden case and compares whatever its file holds.</summary>
internal sealed class CaseCheck(
    IBackend backend, LoadedModels models, GoldenCase golden, string name, GoldenTensors tensors, Edit? edit = null)
{
    /// <summary>
    /// Relative changes of the guidance that move a guided logit by about as much as rounding does between two float32
    /// programs (2e-6). The change of an image is the precision that float32 allows: smooth decoding magnifies a
    /// rounding about ten thousand times.
    /// </summary>
    private static readonly double[] Nudges = [-1e-6, -7.5e-7, -5e-7, -2.5e-7, 2.5e-7, 5e-7, 7.5e-7, 1e-6];

    private CaseRun[]? _nudged;

    private ScaleSchedule Schedule => models.Drafter.Config.Schedule;

    public IEnumerable<Finding> Run()
    {
        var run = Decode(0);
        if (tensors.Has("draft_tokens"))
        {
            yield return Finding.Tokens(name, "draft_tokens", tensors.Integers("draft_tokens"), run.DraftTokens);
            yield return Compare("draft_f_hat", tensors.Floats("draft_f_hat"), run, each => each.DraftFeatures);
        }

        if (tensors.Has("token_hub"))
        {
            yield return Compare("token_hub", Hub(run.Hub.Length), run, each => each.Hub);
        }

        yield return Finding.Tokens(name, "tokens", tensors.Integers("tokens"), run.Tokens);
        if (tensors.Has("f_hat"))
        {
            yield return Compare("f_hat", tensors.Floats("f_hat"), run, each => each.Features);
        }

        if (tensors.Has("image"))
        {
            yield return Compare(
                "image", [.. tensors.Images("image").SelectMany(image => image)], run, each => each.Pixels);
        }
    }

    /// <summary>The tokens of all scales in order.</summary>
    public static IEnumerable<int> AllTokens(IEnumerable<TokenMap> maps)
        => maps.SelectMany(map => map.Tokens).Select(token => (int)token);

    /// <summary>
    /// Compares values. The limit is <see cref="Finding.LargestDifference"/>, or twice the change of the decoder's own
    /// values under a rounding of the guidance where that is larger; the finding then says so.
    /// </summary>
    private Finding Compare(string what, float[] expected, CaseRun run, Func<CaseRun, float[]> values)
    {
        var found = values(run);
        var difference = Finding.LargestOf(expected, found);
        if (difference <= Finding.LargestDifference || double.IsNaN(difference))
        {
            return Finding.Difference(name, what, difference, Finding.LargestDifference, "");
        }

        _nudged ??= [.. Nudges.Select(Decode)];
        var spread = _nudged.Max(each => Finding.LargestOf(found, values(each)));
        var limit = Math.Max(Finding.LargestDifference, 2 * spread);
        var remark = FormattableString.Invariant($"; a rounding of the guidance moves it by {spread:0.0e+00}");
        return Finding.Difference(name, what, difference, limit, remark);
    }

    private CaseRun Decode(double nudge)
    {
        var requests = golden.Requests(nudge, edit);
        using var draftStage = new DraftStage(backend, models.Drafter, models.Vqvae, requests.Count, golden.Scales);
        var drafts = draftStage.Run(requests, golden.Scales);
        var decoded = golden.Alone ? drafts : Refine(requests, drafts);
        using var decode = new DecodeStage(backend, models.Vqvae, Schedule);
        return new CaseRun(
            [.. drafts.SelectMany(draft => AllTokens(draft.TokenMaps))],
            [.. drafts.SelectMany(draft => draft.FeatureMap.Values)],
            tensors.Has("token_hub") ? RecordHub(drafts) : [],
            [.. decoded.SelectMany(draft => AllTokens(draft.TokenMaps))],
            [.. decoded.SelectMany(draft => draft.FeatureMap.Values)],
            [.. decoded.SelectMany(draft => decode.Pixels(draft.FeatureMap))]);
    }

    private IReadOnlyList<Draft> Refine(IReadOnlyList<ImageRequest> requests, IReadOnlyList<Draft> drafts)
    {
        using var stage = new RefineStage(backend, models.Refiner!, models.Vqvae, requests.Count, golden.Scales);
        return stage.Run(requests, drafts);
    }

    /// <summary>
    /// Inputs of scales 2 to N + 1 from the drafted tokens, or of scales 2 to N from the draft where they do not follow
    /// from tokens: (images, positions, code width).
    /// </summary>
    private float[] RecordHub(IReadOnlyList<Draft> drafts)
    {
        if (drafts[0].Inputs is not null)
        {
            return [.. drafts.SelectMany(draft => draft.Inputs!)];
        }

        return [.. drafts.SelectMany(draft => Replay(draft))];
    }

    private IEnumerable<float> Replay(Draft draft)
    {
        using var quantizer = new Quantizer(backend, models.Vqvae, Schedule, capacity: 1);
        quantizer.Begin(1);
        for (var scale = 0; scale < draft.Scales; scale++)
        {
            backend.Upload(quantizer.TokensOf(scale), [.. draft.TokenMaps[scale].Tokens.Select(token => (int)token)]);
            quantizer.Accumulate(scale, quantizer.LookUp(scale));
            var inputs = quantizer.Inputs(scale + 1);
            var values = new float[inputs.Rows * inputs.Columns];
            backend.Download(values, inputs);
            foreach (var value in values)
            {
                yield return value;
            }
        }
    }

    /// <summary>Reads the recorded part of each image's golden <c>token_hub</c>.</summary>
    private float[] Hub(int recorded)
    {
        var all = tensors.Floats("token_hub");
        var images = golden.Labels.Count;
        return [.. all.Chunk(all.Length / images).SelectMany(image => image.Take(recorded / images))];
    }

    /// <summary>Everything a run yields, image after image.</summary>
    private sealed record CaseRun(
        int[] DraftTokens, float[] DraftFeatures, float[] Hub, int[] Tokens, float[] Features, float[] Pixels);
}
