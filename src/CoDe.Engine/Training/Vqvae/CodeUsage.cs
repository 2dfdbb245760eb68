using CoDe.Engine.Training.Running;
using CoDe.Engine.Vqvae;
using CoDe.Flow;
using static TorchSharp.torch;

namespace CoDe.Engine.Training.Vqvae;

/// <summary>
/// Counts how often codes are used. Codes that are not used get no gradient, so from time to time each of them becomes
/// a random feature that was to be quantized. At the first step all of them do.
/// </summary>
internal sealed class CodeUsage : IDisposable
{
    private const double Decay = 0.98;
    private const int StepsBetweenReviews = 20;

    /// <summary>Share of the mean usage below which a code counts as unused.</summary>
    private const double LeastShare = 0.05;

    /// <summary>The last part of a run goes without, so that all codes settle.</summary>
    private const double LastReview = 0.7;

    private readonly ScaleSchedule _schedule;
    private readonly ulong _seed;

    public CodeUsage(VqvaeConfig config, ScaleSchedule schedule, Device device, ulong seed)
    {
        (_schedule, _seed) = (schedule, seed);
        Hits = zeros(schedule.Count, config.Vocabulary, ScalarType.Float32, device);
    }

    /// <summary>Moving averages of uses: (scales, vocabulary).</summary>
    public Tensor Hits { get; }

    public static bool IsReviewDue(TrainingBatch batch)
        => batch.Step % StepsBetweenReviews == 0 && (batch.Step == 0 || batch.Progress < LastReview);

    /// <summary>Counts the tokens of a batch, (images, positions).</summary>
    public void Count(Tensor tokens)
    {
        using var gradients = no_grad();
        for (var scale = 0; scale < _schedule.Count; scale++)
        {
            var found = tokens.narrow(1, _schedule.Start(scale), _schedule.Tokens(scale)).flatten()
                .bincount(null, Hits.shape[1]);
            Hits.select(0, scale).mul_(Decay).add_(found, 1 - Decay);
        }
    }

    /// <summary>Replaces unused codes.</summary>
    /// <param name="codebook">(vocabulary, code width)</param>
    /// <param name="rests">What scales had to quantize: (rows, code width).</param>
    public void Revive(Tensor codebook, Tensor rests, long step)
    {
        using var gradients = no_grad();
        var uses = Hits.sum(dim: 0L).cpu().data<float>().ToArray();
        var least = LeastShare * uses.Average();
        var random = new CounterRandom(_seed, RandomPurpose.Codes, (ulong)step);
        long[] unused = [.. uses.Index().Where(code => code.Item <= least).Select(code => (long)code.Index)];
        long[] rows = [.. unused.Select(code => (long)random.Below((int)rests.shape[0], (uint)code))];
        if (unused.Length > 0)
        {
            var codes = tensor(unused, device: codebook.device);
            codebook.index_copy_(0, codes, rests.index_select(0, tensor(rows, device: codebook.device)));

            // As if used averagely, which gives them until the next review but one.
            Hits.index_fill_(1, codes, uses.Average() / _schedule.Count);
        }
    }

    public void Dispose() => Hits.Dispose();
}
