using CoDe.Engine.Compute;
using CoDe.Engine.Serving;
using CoDe.Engine.Stages;
using CoDe.Flow;

namespace CoDe.Drafter;

/// <summary>One checkpoint: from labels to drafts.</summary>
internal sealed class Drafter(StageModel model, IBackend backend, int largestBatch) : ILoadedStage
{
    private readonly DraftStage _draft = new(backend, model.Weights, model.Vqvae, largestBatch, model.Steps[^1]);

    public StageModel Model => model;

    /// <summary>Checks a batch; may be called from any thread.</summary>
    /// <exception cref="InvalidSettingException">A request, the batch or N is out of its range.</exception>
    public void Validate(IReadOnlyList<ImageRequest> images, int steps) => _draft.Validate(images, steps);

    public IReadOnlyList<Draft> Run(
        IReadOnlyList<ImageRequest> images, int steps, Action<int>? scaleDone, CancellationToken cancellation)
        => _draft.Run(images, steps, (scale, _) => scaleDone?.Invoke(scale + 1), cancellation);

    public void WarmUp(int images)
    {
        var request = new ImageRequest(0, 0, 0, model.Sampling);
        Run([.. Enumerable.Repeat(request, images)], model.Steps[^1], null, CancellationToken.None);
    }

    public void Dispose()
    {
        _draft.Dispose();
        model.Dispose();
    }
}
