using CoDe.Flow;
using CoDe.Hosting;
using CoDe.Stages;
using CoDe.Vqvae;

namespace CoDe.Drafter;

/// <summary>The drafters of a device, one for each checkpoint.</summary>
public sealed class DraftingEngine : IDisposable
{
    private readonly Device _device;
    private readonly List<Drafter> _drafters = [];

    public DraftingEngine(Device device, StageOptions options)
    {
        _device = device;
        LargestBatch = options.LargestBatch;
        foreach (var model in ModelOptions.OrTiny([.. options.Models], TinyModel.Drafter))
        {
            var loaded = StageModel.Load(device, model, VqvaeParts.Quantizer);
            _drafters.Add(new Drafter(loaded, new DraftStage(device.Backend, loaded.Weights, loaded.Vqvae, LargestBatch, loaded.Steps[^1])));
        }
    }

    public int LargestBatch { get; }

    public IEnumerable<StageModel> Models => _drafters.Select(drafter => drafter.Model);

    public Device Device => _device;

    /// <summary>Drafts a batch once the device is free.</summary>
    /// <param name="scaleDone">Is told the scales done so far, on the device's thread.</param>
    /// <exception cref="InvalidSettingException">A request or the batch is out of its range.</exception>
    public Task<IReadOnlyList<Draft>> DraftAsync(string model, int steps, IReadOnlyList<ImageRequest> images, Action<int>? scaleDone, CancellationToken cancellation)
    {
        var drafter = StageModel.Find(_drafters, each => each.Model, model, steps);
        return _device.RunAsync(() => drafter.Stage.Run(images, steps, (scale, _) => scaleDone?.Invoke(scale + 1), cancellation), cancellation);
    }

    /// <summary>Drafts an image with each checkpoint, so that the first request finds everything compiled.</summary>
    public void WarmUp()
    {
        foreach (var drafter in _drafters)
        {
            drafter.Stage.Run([new ImageRequest(0, 0, 0, drafter.Model.Sampling)], drafter.Model.Steps[^1]);
        }
    }

    public void Dispose()
    {
        foreach (var drafter in _drafters)
        {
            drafter.Stage.Dispose();
            drafter.Model.Dispose();
        }
    }

    private sealed record Drafter(StageModel Model, DraftStage Stage);
}
