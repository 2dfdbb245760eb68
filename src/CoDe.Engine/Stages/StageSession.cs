using CoDe.Engine.Compute;
using CoDe.Engine.Var;
using CoDe.Engine.Vqvae;
using CoDe.Flow;

namespace CoDe.Engine.Stages;

/// <summary>
/// Session of either stage: a transformer, the quantizer and the loop over a batch, allocated once for the largest
/// batch.
/// </summary>
internal sealed class StageSession : IDisposable
{
    private readonly IBackend _backend;
    private readonly EditBlend _edits;
    private readonly TokenSampler _sampler;
    private readonly List<float[]> _inputs = [];

    public StageSession(
        IBackend backend, VarWeights weights, VqvaeWeights vqvae, int capacity, int scales, int prefixScales = 0)
    {
        (_backend, Config) = (backend, weights.Config);
        if (vqvae.Config.CodeWidth != Config.CodeWidth || vqvae.Config.Vocabulary != Config.Vocabulary)
        {
            throw new ArgumentException(
                $"The VQVAE has {vqvae.Config.Vocabulary} codes of {vqvae.Config.CodeWidth} channels, "
                + $"the transformer {Config.Vocabulary} of {Config.CodeWidth}.",
                nameof(vqvae));
        }

        Var = new VarSession(backend, weights, capacity, scales, prefixScales);
        Quantizer = new Quantizer(backend, vqvae, Config.Schedule, capacity);
        _edits = new EditBlend(backend, Config.Schedule, Config.CodeWidth, capacity);
        _sampler = new TokenSampler(backend, Config.Schedule, capacity);
        Loop = new ScaleLoop(Var, Quantizer, _sampler, _edits);
        Check = new BatchCheck(Config, capacity);
    }

    public VarConfig Config { get; }

    public VarSession Var { get; }

    public Quantizer Quantizer { get; }

    public ScaleLoop Loop { get; }

    public BatchCheck Check { get; }

    /// <summary>Starts a batch that was checked.</summary>
    public void Begin(IReadOnlyList<ImageRequest> requests)
    {
        _inputs.Clear();
        Loop.Begin(requests);
    }

    /// <summary>Downloads the current feature maps, one an image.</summary>
    public FeatureMap[] FeatureMaps()
    {
        var (side, width, features) = (Config.Schedule.FinalSide, Config.CodeWidth, Quantizer.Features);
        var values = new float[features.Rows * width];
        _backend.Download(values, features);
        var (images, size) = (features.Rows / (side * side), side * side * width);
        return [.. Enumerable.Range(0, images)
            .Select(image => FeatureLayout.ToFeatureMap(values.AsSpan(image * size, size), width, side))];
    }

    /// <summary>
    /// Records the transformer's inputs at a scale, for refiners that cannot derive them from tokens.
    /// </summary>
    public void RecordInputs(int scale)
    {
        var inputs = Quantizer.Inputs(scale);
        var values = new float[inputs.Rows * inputs.Columns];
        _backend.Download(values, inputs);
        _inputs.Add(values);
    }

    /// <summary>Downloads the current state of the batch, one draft an image.</summary>
    public Draft[] Drafts(int scales, IReadOnlyList<ImageRequest> requests)
    {
        var tokens = new int[requests.Count * Config.Schedule.TotalTokens];
        _backend.Download(tokens, Quantizer.Tokens);
        var features = FeatureMaps();
        return [.. requests.Select((request, image) => new Draft(
            [.. Enumerable.Range(0, scales).Select(scale => TokenMapOf(tokens, image, scale))], features[image],
            request.FollowsFromTokens() ? null : InputsOf(image, requests.Count)))];
    }

    public void Dispose()
    {
        _sampler.Dispose();
        _edits.Dispose();
        Quantizer.Dispose();
        Var.Dispose();
    }

    private TokenMap TokenMapOf(int[] tokens, int image, int scale)
    {
        var schedule = Config.Schedule;
        var map = tokens.AsSpan((image * schedule.TotalTokens) + schedule.Start(scale), schedule.Tokens(scale));
        return new TokenMap(schedule.Side(scale), [.. map.ToArray().Select(token => (ushort)token)]);
    }

    private float[] InputsOf(int image, int images)
    {
        return [.. _inputs.SelectMany(values => OfImage(values, values.Length / images))];

        IEnumerable<float> OfImage(float[] values, int size) => values.Skip(image * size).Take(size);
    }
}

internal static class DraftInputs
{
    /// <summary>Tells whether the inputs of later scales are a function of the tokens alone.</summary>
    public static bool FollowsFromTokens(this ImageRequest request) => !request.Sampling.Smooth && request.Edit is null;
}
