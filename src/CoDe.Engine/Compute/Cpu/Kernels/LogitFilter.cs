namespace CoDe.Engine.Compute.Cpu.Kernels;

/// <summary>
/// Drops logits in place by setting them to -inf. Every instruction path shares it: the comparisons decide which tokens
/// can be drawn, so they are defined once.
/// </summary>
internal static class LogitFilter
{
    /// <summary>Keeps what is at least as large as the k-th largest; k = 0 or k from the count up keeps all.</summary>
    /// <param name="work">As long as the logits; overwritten.</param>
    public static void TopK(Span<float> logits, int k, Span<float> work)
    {
        if (k <= 0 || k >= logits.Length)
        {
            return;
        }

        logits.CopyTo(work);
        var threshold = Smallest(work[..logits.Length], logits.Length - k);
        foreach (ref var logit in logits)
        {
            logit = logit < threshold ? float.NegativeInfinity : logit;
        }
    }

    /// <summary>
    /// Walks from the smallest logit up (of equals, the lower index first) and drops while the running sum of
    /// probabilities is at most 1 - p. The last is always kept; p = 0 keeps all.
    /// </summary>
    /// <param name="order">As long as the logits; overwritten.</param>
    public static void TopP(Span<float> logits, double p, Span<ulong> order)
    {
        if (p <= 0)
        {
            return;
        }

        var kept = Sort(logits, order);
        if (kept.IsEmpty)
        {
            return;
        }

        var highest = logits[(int)(uint)kept[^1]];
        var total = 0.0;
        foreach (var entry in kept)
        {
            total += ManagedMath.Exp(logits[(int)(uint)entry] - highest);
        }

        var limit = (float)(1 - p);
        var sum = 0.0;
        foreach (var entry in kept[..^1])
        {
            ref var logit = ref logits[(int)(uint)entry];
            sum += (float)(ManagedMath.Exp(logit - highest) / total);
            if ((float)sum > limit)
            {
                break;
            }

            logit = float.NegativeInfinity;
        }
    }

    /// <summary>
    /// Sorts the finite logits in ascending order: each entry has the index in its low half, the value's order in the
    /// high.
    /// </summary>
    private static Span<ulong> Sort(ReadOnlySpan<float> logits, Span<ulong> order)
    {
        var count = 0;
        for (var i = 0; i < logits.Length; i++)
        {
            if (logits[i] > float.NegativeInfinity)
            {
                var bits = BitConverter.SingleToInt32Bits(logits[i] + 0f);
                var ascending = (uint)(bits ^ ((bits >> 31) | int.MinValue));
                order[count++] = ((ulong)ascending << 32) | (uint)i;
            }
        }

        order[..count].Sort();
        return order[..count];
    }

    /// <summary>
    /// Finds the value of <paramref name="rank"/> in sorted order, by Hoare's selection with a median-of-three pivot.
    /// </summary>
    private static float Smallest(Span<float> values, int rank)
    {
        var (low, high) = (0, values.Length - 1);
        while (low < high)
        {
            var pivot = Median(values[low], values[(low + high) >>> 1], values[high]);
            var (left, right) = (low, high);
            while (left <= right)
            {
                while (values[left] < pivot)
                {
                    left++;
                }

                while (values[right] > pivot)
                {
                    right--;
                }

                if (left <= right)
                {
                    (values[left], values[right]) = (values[right], values[left]);
                    left++;
                    right--;
                }
            }

            if (rank <= right)
            {
                high = right;
            }
            else if (rank >= left)
            {
                low = left;
            }
            else
            {
                break;
            }
        }

        return values[rank];
    }

    private static float Median(float a, float b, float c) => Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));
}
