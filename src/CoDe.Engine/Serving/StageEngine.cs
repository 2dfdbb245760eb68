using CoDe.Engine.Compute;
using CoDe.Hosting.Lifecycle;

namespace CoDe.Engine.Serving;

/// <summary>A checkpoint with what a stage does with it.</summary>
public interface ILoadedStage : IDisposable
{
    StageModel Model { get; }

    /// <summary>Takes a batch through: on a device so that the first request finds everything compiled.</summary>
    void WarmUp(int images);
}

/// <summary>
/// Stage with all its checkpoints on a device, whose owner loads them. It serves none until all are loaded.
/// </summary>
/// <param name="stage">The stage, for metrics: drafter or refiner.</param>
/// <param name="largestBatch">The most images that are decoded together.</param>
public abstract class StageEngine<T>(
    string stage, Device device, IReadOnlyList<ModelOptions> models,
    int largestBatch, StageMetrics metrics) : ILoading, IAsyncDisposable
    where T : class, ILoadedStage
{
    private IReadOnlyList<T> _loaded = [];

    public Device Device => device;

    public int LargestBatch => largestBatch;

    public IEnumerable<StageModel> Models => _loaded.Select(each => each.Model);

    /// <exception cref="Weights.CheckpointException">A checkpoint cannot be used.</exception>
    /// <exception cref="Flow.OutOfDeviceMemoryException">The models do not fit the device.</exception>
    /// <exception cref="CoDe.Hosting.Options.OptionsException">
    /// A configured N exceeds the scales of its model.
    /// </exception>
    public async Task LoadAsync(CancellationToken cancellation)
        => _loaded = await device.RunAsync(() => LoadAll(cancellation), cancellation).ConfigureAwait(false);

    /// <summary>Checks the size of a batch, before its images are read.</summary>
    /// <exception cref="Flow.InvalidSettingException">There is no image, or there are too many.</exception>
    public void ValidateCount(int images)
    {
        if (images < 1 || images > largestBatch)
        {
            throw new Flow.InvalidSettingException(
                "batch", FormattableString.Invariant($"{images}"),
                FormattableString.Invariant($"1 to {largestBatch} images"));
        }
    }

    /// <summary>Waits for the device, which may still work with what is given back.</summary>
    public async ValueTask DisposeAsync()
    {
        await device.DrainAsync().ConfigureAwait(false);
        Dispose(Interlocked.Exchange(ref _loaded, []));
        GC.SuppressFinalize(this);
    }

    /// <summary>Finds the model of a request.</summary>
    /// <exception cref="Flow.ModelNotServedException">No model has the name.</exception>
    /// <exception cref="Flow.StepsNotServedException">None of the name serves that N.</exception>
    protected T Find(string name, int steps)
    {
        var named = Find(name);
        return named.FirstOrDefault(each => each.Model.Steps.Contains(steps))
            ?? throw new Flow.StepsNotServedException(name, steps, named.SelectMany(each => each.Model.Steps));
    }

    /// <summary>The checkpoints of a model.</summary>
    /// <exception cref="Flow.ModelNotServedException">There are none.</exception>
    protected IReadOnlyList<T> Find(string name)
    {
        T[] named = [.. _loaded.Where(each => each.Model.Name == name)];
        return named.Length > 0
            ? named
            : throw new Flow.ModelNotServedException(name, Models.Select(model => model.Name));
    }

    /// <summary>Has the device work on a batch, and measures it.</summary>
    /// <param name="work">Called on the device's thread; reports each scale that is done.</param>
    protected Task<TResult> RunBatchAsync<TResult>(
        T loaded, int images, Func<StageMetrics.Batch, TResult> work, Urgency urgency, CancellationToken cancellation)
    {
        return device.RunAsync(Measured, cancellation, urgency);

        TResult Measured()
        {
            var batch = metrics.Begin(stage, loaded.Model.Name, images);
            var result = work(batch);
            batch.End();
            return result;
        }
    }

    /// <param name="backend">That of the device, or a plan of its memory.</param>
    protected abstract T Load(IBackend backend, ModelOptions model, int largestBatch);

    private static void Dispose(IEnumerable<T> stages)
    {
        foreach (var each in stages)
        {
            each.Dispose();
        }
    }

    private List<T> LoadAll(CancellationToken cancellation)
    {
        MemoryCheck.Run(
            device.Backend, nameof(EngineOptions.LargestBatch), largestBatch,
            (plan, images) => Dispose(LoadAll(plan, images, warmUp: images, cancellation)));
        return LoadAll(device.Backend, largestBatch, warmUp: 1, cancellation);
    }

    /// <param name="warmUp">Images that are taken through each stage.</param>
    private List<T> LoadAll(IBackend backend, int batch, int warmUp, CancellationToken cancellation)
    {
        var loaded = new List<T>();
        try
        {
            foreach (var model in models)
            {
                cancellation.ThrowIfCancellationRequested();
                loaded.Add(Load(backend, model, batch));
            }

            loaded.ForEach(each => each.WarmUp(warmUp));
            return loaded;
        }
        catch
        {
            Dispose(loaded);
            throw;
        }
    }
}
