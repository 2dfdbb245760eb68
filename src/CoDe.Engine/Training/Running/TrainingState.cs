using System.Globalization;
using CoDe.Engine.Compute;
using CoDe.Engine.Weights;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace CoDe.Engine.Training.Running;

/// <summary>
/// Everything that the rest of a run follows from, in one file that is replaced as a whole. Numbers are float32 as
/// they are computed, so a run that goes on ends in the same weights.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="settings">What must be the same when the run goes on.</param>
internal sealed class TrainingState(string path, IReadOnlyDictionary<string, string> settings)
{
    private const string StepName = "step";
    private const string LossesName = "losses";

    /// <param name="tensors">All of the state.</param>
    /// <param name="losses">Loss of each step so far.</param>
    /// <exception cref="CheckpointException">The file cannot be written; the former one is kept.</exception>
    public void Save(IEnumerable<(string Name, Tensor Value)> tensors, IReadOnlyList<float> losses)
    {
        using var history = tensor((float[])[.. losses], [losses.Count]);
        var all = new OrderedDictionary<string, Tensor>(StringComparer.Ordinal) { [LossesName] = history };
        foreach (var (name, value) in tensors)
        {
            all.Add(name, value);
        }

        var metadata = new Dictionary<string, string>(settings)
        {
            [StepName] = losses.Count.ToString(CultureInfo.InvariantCulture),
        };
        using var checkpoint = new TensorCheckpoint(path, all, metadata);
        SafetensorsWriter.Write(path, checkpoint, ElementType.Float32, toDevice: true);
    }

    /// <summary>Reads the state into the tensors, where there is one.</summary>
    /// <returns>Loss of each step that was taken; none without a state.</returns>
    /// <exception cref="TrainingException">The run began with other settings.</exception>
    /// <exception cref="CheckpointException">The file cannot be read.</exception>
    public IReadOnlyList<float> Load(IEnumerable<(string Name, Tensor Value)> tensors)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        using var checkpoint = Checkpoint.OpenFile(path);
        Check(checkpoint.Metadata);
        using var gradients = no_grad();
        foreach (var (name, value) in tensors)
        {
            using var read = tensor(checkpoint.ReadAll(name), value.shape);
            value.copy_(read);
        }

        return checkpoint.ReadAll(LossesName);
    }

    private void Check(IReadOnlyDictionary<string, string> found)
    {
        foreach (var (name, value) in settings)
        {
            if (found.GetValueOrDefault(name) is var before && before != value)
            {
                throw new TrainingException(
                    $"{path} is of a run with {name} {before ?? "unknown"}, not {value}; "
                    + "give what it began with, or another output.");
            }
        }
    }
}
