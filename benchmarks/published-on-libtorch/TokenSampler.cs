using static TorchSharp.torch;

namespace CoDe.Benchmarks.PublishedOnLibTorch;

/// <summary>Settings for drawing tokens, as the published programs name them.</summary>
/// <param name="TopK">Logits kept at each scale; 0 keeps all.</param>
/// <param name="TopP">Share of the probability kept; 0 keeps all.</param>
/// <param name="Temperatures">Divides the logits of each scale.</param>
internal sealed record Sampling(double Guidance, int TopK, double TopP, IReadOnlyList<double> Temperatures);

/// <summary>Draws tokens of one scale from float32 logits.</summary>
/// <param name="draw">
/// Draws from logits divided by the temperature, (images, tokens, vocabulary), at a scale: (images, tokens).
/// </param>
internal sealed class TokenSampler(Sampling sampling, Func<Tensor, int, Tensor> draw)
{
    /// <summary>Mixes conditional with unconditional logits: (images, tokens, vocabulary).</summary>
    /// <param name="logits">(2 x images, tokens, vocabulary)</param>
    public Tensor Guided(Tensor logits, double progress)
    {
        var (t, images) = (sampling.Guidance * progress, logits.size(0) / 2);
        using var conditional = logits.slice(0, 0, images, 1);
        using var unconditional = logits.slice(0, images, 2 * images, 1);
        using var more = conditional.mul(1 + t);
        using var less = unconditional.mul(t);
        return more.sub(less);
    }

    /// <summary>Overwrites logits that it drops.</summary>
    public Tensor Draw(Tensor logits, int scale)
    {
        if (sampling.TopK > 0)
        {
            KeepLargest(logits, sampling.TopK);
        }

        if (sampling.TopP > 0)
        {
            KeepMostProbable(logits, sampling.TopP);
        }

        using var divided = logits.div(sampling.Temperatures[scale]);
        return draw(divided, scale);
    }

    /// <summary>A draw by the library's own generator.</summary>
    public static Tensor Multinomial(Tensor logits, Generator generator)
    {
        var (images, tokens, vocabulary) = (logits.size(0), logits.size(1), logits.size(2));
        using var probabilities = logits.softmax(-1);
        using var rows = probabilities.view(-1, vocabulary);
        using var drawn = rows.multinomial(1, replacement: true, generator);
        using var split = drawn.view(images, tokens, 1);
        return split.select(2, 0);
    }

    private static void KeepLargest(Tensor logits, int count)
    {
        var (largest, indices) = logits.topk(count, dim: -1, largest: true, sorted: false);
        using (largest)
        using (indices)
        {
            using var smallest = largest.amin([-1], keepdim: true);
            using var dropped = logits.lt(smallest);
            logits.masked_fill_(dropped, double.NegativeInfinity);
        }
    }

    private static void KeepMostProbable(Tensor logits, double share)
    {
        var (sorted, indices) = logits.sort(dim: -1, descending: false);
        using (sorted)
        using (indices)
        {
            using var droppedOfSorted = LeastProbable(sorted, share);
            using var dropped = droppedOfSorted.scatter(2, indices, droppedOfSorted);
            logits.masked_fill_(dropped, double.NegativeInfinity);
        }
    }

    private static Tensor LeastProbable(Tensor sorted, double share)
    {
        using var probabilities = sorted.softmax(-1);
        using var sums = probabilities.cumsum(-1);
        var dropped = sums.le(1 - share);
        using var largest = dropped.slice(2, sorted.size(2) - 1, sorted.size(2), 1);
        largest.fill_(false);
        return dropped;
    }
}
