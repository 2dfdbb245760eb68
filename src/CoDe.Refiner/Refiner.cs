using CoDe.Engine.Compute;
using CoDe.Engine.Serving;
using CoDe.Engine.Stages;
using CoDe.Flow;

namespace CoDe.Refiner;

/// <summary>Turns drafts into images with one checkpoint.</summary>
internal sealed class Refiner(StageModel model, IBackend backend, int largestBatch) : ILoadedStage
{
    private readonly RefineStage _refine = new(
        backend, model.Weights, model.Vqvae, largestBatch, Math.Min(model.Steps[^1], model.Schedule.Count - 1));
    private readonly DecodeStage _decode = new(backend, model.Vqvae, model.Schedule);
    private readonly EncodeStage _encode = new(backend, model.Vqvae, model.Schedule);

    public StageModel Model => model;

    /// <summary>Checks a batch; may be called from any thread.</summary>
    /// <exception cref="InvalidSettingException">A request, a draft or the batch is out of its range.</exception>
    public void Validate(RefineBatch batch) => _refine.Validate(batch.Images, batch.Drafts, model.Schedule.Count);

    /// <summary>Checks an image; may be called from any thread.</summary>
    /// <exception cref="InvalidSettingException">The image has another size than the model's.</exception>
    public void Validate(Image image) => _encode.Validate(image);

    /// <summary>Refines and decodes a batch that was checked.</summary>
    public RefinedBatch Run(RefineBatch batch, Action<RefineProgress>? tell, CancellationToken cancellation)
    {
        var (images, drafts) = (batch.Images, batch.Drafts);
        if (batch.Previews.Count > 0 && tell is not null)
        {
            var previews = Decode([.. batch.Previews.Select(position => drafts[position])], cancellation);
            tell(new RefineProgress([.. batch.Previews.Zip(previews)], drafts[0].Scales));
        }

        var decoded = drafts[0].Scales == model.Schedule.Count ? drafts
            : _refine.Run(
                images, drafts, (scale, _) => tell?.Invoke(new RefineProgress(null, scale + 1)), cancellation);
        return new RefinedBatch(Decode(decoded, cancellation), decoded);
    }

    public IReadOnlyList<FeatureMap> Encode(Image image) => _encode.Run(image).Cumulative;

    public void WarmUp(int images)
    {
        var schedule = model.Schedule;
        var (channels, side) = (model.Weights.Config.CodeWidth, schedule.FinalSide);
        var maps = Enumerable.Range(0, Math.Min(model.Steps[0], schedule.Count - 1))
            .Select(scale => new TokenMap(schedule.Side(scale), new ushort[schedule.Tokens(scale)]));
        var draft = new Draft([.. maps], new FeatureMap(channels, side, new float[channels * side * side]));
        var request = new ImageRequest(0, 0, 0, model.Sampling);
        var batch = new RefineBatch(
            [.. Enumerable.Repeat(request, images)], [.. Enumerable.Repeat(draft, images)], [], WantsProgress: false);
        Run(batch, null, CancellationToken.None);
    }

    public void Dispose()
    {
        _encode.Dispose();
        _decode.Dispose();
        _refine.Dispose();
        model.Dispose();
    }

    private Image[] Decode(IReadOnlyList<Draft> drafts, CancellationToken cancellation) => [.. drafts.Select(draft =>
    {
        cancellation.ThrowIfCancellationRequested();
        return _decode.Run(draft.FeatureMap);
    })];
}
