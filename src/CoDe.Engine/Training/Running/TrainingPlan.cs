namespace CoDe.Engine.Training.Running;

/// <summary>Length and rate of a training.</summary>
/// <param name="Epochs">Passes over the images.</param>
/// <param name="Batch">Images that are computed together.</param>
/// <param name="Accumulation">Batches whose gradients make a step.</param>
/// <param name="BaseRate">Learning rate for 256 images a step; it grows with their number.</param>
/// <param name="WeightDecay">Of matrices and kernels; biases, norms and positions have none.</param>
/// <param name="WarmUp">Share of the steps in which the rate rises to its peak, before it falls as a cosine.</param>
/// <param name="Clip">Largest norm of the gradients of a step; 0 for any.</param>
/// <param name="Average">Decay of the moving average of weights that becomes the model; 0 for the last weights.</param>
/// <param name="Seed">Decides first weights, order of images and dropped labels.</param>
public sealed record TrainingPlan(
    double Epochs, int Batch, int Accumulation = 1, double BaseRate = 1e-4, double WeightDecay = 0.05,
    double WarmUp = 0.02, double Clip = 2, double Average = 0, ulong Seed = 0)
{
    private const double RateImages = 256;

    /// <summary>Rate of the first step in that of the peak.</summary>
    private const double FirstRate = 0.005;

    /// <summary>Rate of the last step in that of the peak.</summary>
    private const double LastRate = 0.01;

    public int StepImages => Batch * Accumulation;

    public long Steps(int images) => Math.Max(1, (long)Math.Ceiling(Epochs * images / StepImages));

    /// <summary>Learning rate of a step.</summary>
    public double Rate(long step, long steps)
    {
        var peak = BaseRate * StepImages / RateImages;
        var warmUp = Math.Round(WarmUp * steps);
        if (step < warmUp)
        {
            return peak * (FirstRate + ((1 - FirstRate) * step / warmUp));
        }

        var passed = (step - warmUp) / Math.Max(1, steps - 1 - warmUp);
        return peak * (LastRate + ((1 - LastRate) * (1 + Math.Cos(Math.PI * passed)) / 2));
    }
}
