using CoDe.Engine.Compute;
using CoDe.Engine.Weights;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace CoDe.Engine.Training.Running;

/// <summary>One step of a run.</summary>
/// <param name="Step">Steps that are done.</param>
/// <param name="Loss">Mean of the step's images.</param>
public readonly record struct TrainingReport(long Step, long Steps, double Loss, double Rate);

/// <summary>
/// Trains a model and saves its state, from which another run goes on. Every random number is drawn by its counter, so
/// both end in the same weights.
/// </summary>
public sealed class TrainingRun : IDisposable
{
    /// <summary>Decay at step s is at most (s + 1) / (s + this), so that first weights are soon forgotten.</summary>
    private const int AverageWarmUp = 10;

    private readonly ITraining _training;
    private readonly TrainingPlan _plan;
    private readonly TrainingState _state;
    private readonly Optimizer _optimizer;
    private readonly OrderedDictionary<string, Tensor> _average = new(StringComparer.Ordinal);
    private readonly List<float> _losses = [];
    private (long Epoch, int[] Images) _order = (-1, []);

    /// <param name="statePath">File of the state; where it exists, the run goes on from it.</param>
    /// <param name="settings">What the state is valid for, besides the plan.</param>
    /// <exception cref="TrainingException">The state is of a run with other settings.</exception>
    public TrainingRun(
        TrainingTask task, TrainingPlan plan, string statePath, IReadOnlyDictionary<string, string> settings)
    {
        (_training, _plan) = (task.Training, plan);
        Steps = plan.Steps(_training.Images);
        _state = new TrainingState(statePath, new Dictionary<string, string>(settings) { ["plan"] = $"{plan}" });
        _optimizer = new Optimizer(_training.Parameters, plan.WeightDecay);
        if (plan.Average > 0)
        {
            foreach (var (name, parameter) in _training.Parameters.All)
            {
                _average[name] = parameter.detach().clone();
            }
        }

        _losses.AddRange(_state.Load(StateTensors()));
        _optimizer.Resume(_losses.Count);
    }

    /// <summary>Steps of the whole run.</summary>
    public long Steps { get; }

    /// <summary>Loss of each step so far, those of earlier runs among them.</summary>
    public IReadOnlyList<float> Losses => _losses;

    /// <summary>Takes the steps that are left. The state is saved between steps, at the end and on stopping.</summary>
    /// <param name="isSaveDue">Tells after each step whether to save the state.</param>
    /// <exception cref="TrainingException">The loss is no number any more.</exception>
    public void Run(Action<TrainingReport> report, Func<bool> isSaveDue, CancellationToken cancellation)
    {
        var isSaved = true;
        while (_losses.Count < Steps)
        {
            if (cancellation.IsCancellationRequested)
            {
                Save(isSaved);
                cancellation.ThrowIfCancellationRequested();
            }

            report(Step());
            isSaved = false;
            if (isSaveDue())
            {
                Save(isSaved);
                isSaved = true;
            }
        }

        Save(isSaved);
    }

    /// <summary>Writes the model as the published code loads it, averaged where the plan says so.</summary>
    /// <exception cref="CheckpointException">It cannot be written.</exception>
    public void WriteModel(string path, ElementType type)
    {
        using var scope = NewDisposeScope();
        var tensors = new OrderedDictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var (name, parameter) in _training.Parameters.All)
        {
            tensors[name] = _average.TryGetValue(name, out var average) ? average : parameter;
        }

        foreach (var (name, value) in _training.Buffers.Concat(_training.Constants()))
        {
            tensors[name] = value;
        }

        using var checkpoint = new TensorCheckpoint(path, tensors);
        SafetensorsWriter.Write(path, checkpoint, type);
    }

    public void Dispose()
    {
        foreach (var average in _average.Values)
        {
            average.Dispose();
        }

        _optimizer.Dispose();
    }

    private TrainingReport Step()
    {
        using var scope = NewDisposeScope();
        var step = (long)_losses.Count;
        var progress = Steps == 1 ? 0 : (double)step / (Steps - 1);
        var loss = 0.0;
        _optimizer.ClearGradients();
        for (var part = 0; part < _plan.Accumulation; part++)
        {
            loss += Accumulate(BatchAt(step, part, progress), part);
        }

        if (!double.IsFinite(loss))
        {
            throw new TrainingException(FormattableString.Invariant(
                $"the loss of step {step + 1} is {loss}; a lower rate or a lower clip may help."));
        }

        var rate = _plan.Rate(step, Steps);
        if (_plan.Clip > 0)
        {
            nn.utils.clip_grad_norm_(_training.Parameters.All.Values, _plan.Clip);
        }

        _optimizer.Step(rate);
        UpdateAverage(step);
        _losses.Add((float)loss);
        return new TrainingReport(step + 1, Steps, loss, rate);
    }

    private double Accumulate(TrainingBatch batch, int part)
    {
        using var scope = NewDisposeScope();
        if (part == 0)
        {
            _training.Prepare(batch);
        }

        var loss = _training.Loss(batch).div(_plan.Accumulation);
        loss.backward();
        return loss.item<float>();
    }

    private TrainingBatch BatchAt(long step, int part, double progress)
    {
        var first = (step * _plan.StepImages) + (part * _plan.Batch);
        return new TrainingBatch(
            [.. Enumerable.Range(0, _plan.Batch).Select(i => ImageAt(first + i))], first, step, progress);
    }

    /// <summary>Finds the image that comes at a place of the run: every epoch has an order of its own.</summary>
    private int ImageAt(long place)
    {
        var epoch = place / _training.Images;
        if (_order.Epoch != epoch)
        {
            var random = new CounterRandom(_plan.Seed, RandomPurpose.Order, (ulong)epoch);
            _order = (epoch, random.Permutation(_training.Images));
        }

        return _order.Images[place % _training.Images];
    }

    private void UpdateAverage(long step)
    {
        using var gradients = no_grad();
        var decay = Math.Min(_plan.Average, (step + 1.0) / (step + AverageWarmUp));
        foreach (var (name, average) in _average)
        {
            average.lerp_(_training.Parameters[name].detach(), 1 - decay);
        }
    }

    private void Save(bool isSaved)
    {
        if (!isSaved)
        {
            _state.Save(StateTensors(), _losses);
        }
    }

    private IEnumerable<(string Name, Tensor Value)> StateTensors()
    {
        var parameters = _training.Parameters.All.Select(each => ($"parameters.{each.Key}", (Tensor)each.Value));
        var averages = _average.Select(each => ($"average.{each.Key}", each.Value));
        var buffers = _training.Buffers.Select(each => ($"buffers.{each.Key}", each.Value));
        return parameters.Concat(averages).Concat(_optimizer.Moments).Concat(buffers);
    }
}
