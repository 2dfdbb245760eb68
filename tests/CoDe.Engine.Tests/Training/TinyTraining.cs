using CoDe.Engine.Compute.Torch;
using CoDe.Engine.Training;
using CoDe.Engine.Training.Var;
using CoDe.Engine.Training.Vqvae;
using CoDe.Engine.Var;
using CoDe.Engine.Vqvae;
using CoDe.Flow;
using TorchSharp;
using Xunit;

namespace CoDe.Engine.Tests.Training;

/// <summary>Models that train in milliseconds.</summary>
internal static class TinyTraining
{
    public const ulong Seed = 5;

    public static ScaleSchedule Schedule { get; } = new(1, 2, 4);

    /// <summary>Images of 8 x 8 pixels.</summary>
    public static VqvaeConfig TinyVqvae { get; } = new(8, 4, 32, [32, 32], 1, 3, 2, ResidualSharing.Partial);

    public static VarConfig TinyVar { get; } = new(2, 16, 2, 24, 3, 8, 4, true, false, Schedule);

    public static TrainingDevice Open() => TrainingDevice.Open(new TorchOptions(Threads: 2));

    public static ParameterSet VarParameters(VarConfig config, torch.ScalarType type, ulong seed = Seed)
        => ParameterSet.Create(config.Manifest(), new VarInitialization(config, seed).Values, torch.CPU, type);

    public static ParameterSet VqvaeParameters(torch.ScalarType type)
        => ParameterSet.Create(TinyVqvae.Manifest(), new VqvaeInitialization(TinyVqvae, Seed).Values, torch.CPU, type);

    /// <summary>The scale of every position, as <c>lvl_1L</c> has it.</summary>
    public static float[] Levels(ScaleSchedule schedule) => [.. Enumerable.Range(0, schedule.Count)
        .SelectMany(scale => Enumerable.Repeat((float)scale, schedule.Tokens(scale)))];

    /// <summary>Random token maps, (images, positions).</summary>
    public static torch.Tensor Tokens(int images, ScaleSchedule schedule, int vocabulary)
    {
        var random = new CounterRandom(Seed, RandomPurpose.Order, 0);
        long[] tokens = [.. Enumerable.Range(0, images * schedule.TotalTokens)
            .Select(i => (long)random.Below(vocabulary, (uint)i))];
        return torch.tensor(tokens, [images, schedule.TotalTokens]);
    }

    /// <summary>Compares by the L2 norm of the difference divided by that of the expected values.</summary>
    public static void AssertClose(float[] expected, float[] found, double limit)
    {
        Assert.Equal(expected.Length, found.Length);
        var difference = expected.Zip(found).Sum(pair => Math.Pow(pair.First - (double)pair.Second, 2));
        var distance = Math.Sqrt(difference / expected.Sum(value => (double)value * value));
        Assert.InRange(distance, 0, limit);
    }
}
