using static TorchSharp.torch;

namespace CoDe.Engine.Training.Running;

/// <summary>Images of one batch.</summary>
/// <param name="Images">Numbers of the images.</param>
/// <param name="First">Images that the run took before; random numbers are drawn by it.</param>
/// <param name="Step">Number of the step, from 0.</param>
/// <param name="Progress">From 0 at the first step to 1 at the last.</param>
internal sealed record TrainingBatch(int[] Images, long First, long Step, double Progress);

/// <summary>A model, its images and its loss.</summary>
internal interface ITraining : IDisposable
{
    ParameterSet Parameters { get; }

    /// <summary>Tensors that training changes beside the parameters.</summary>
    IReadOnlyDictionary<string, Tensor> Buffers { get; }

    /// <summary>Number of images.</summary>
    int Images { get; }

    /// <summary>Called before the gradients of a step with its first batch.</summary>
    void Prepare(TrainingBatch batch);

    Tensor Loss(TrainingBatch batch);

    /// <summary>Tensors of a checkpoint that are neither parameters nor buffers, for the published code.</summary>
    IReadOnlyDictionary<string, Tensor> Constants();
}
