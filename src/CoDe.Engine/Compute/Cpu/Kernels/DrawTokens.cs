using System.Runtime.Intrinsics;
using CoDe.Engine.Compute.Cpu.Simd;
using CoDe.Flow;

namespace CoDe.Engine.Compute.Cpu.Kernels;

/// <summary>Guidance, top-k, top-p, temperature, noise, token: one row of logits a task.</summary>
internal static unsafe class DrawTokens<V>
    where V : unmanaged, ISimd<V>
{
    /// <exception cref="LogitsException">A row has no logit that is a number.</exception>
    public static void Run(
        ThreadTeam team, CpuTensor tokens, CpuTensor logits, ReadOnlySpan<TokenDraw> draws, int firstPosition)
    {
        var isAnyUndrawn = false;
        fixed (TokenDraw* perImage = draws)
        {
            var job = new Job(tokens, logits, perImage, firstPosition, &isAnyUndrawn);
            team.Run(ref job, tokens.Rows * tokens.Columns);
        }

        if (isAnyUndrawn)
        {
            throw new LogitsException();
        }
    }

    /// <param name="isAnyUndrawn">Is set where a row has no winner.</param>
    private readonly struct Job(
        CpuTensor tokens, CpuTensor logits, TokenDraw* draws, int firstPosition, bool* isAnyUndrawn) : IJob
    {
        public void Execute(int task, WorkerScratch scratch)
        {
            var (image, token) = Math.DivRem(task, tokens.Columns);
            ref readonly var draw = ref draws[image];
            var guided = logits.Row(task);
            var count = logits.Columns;
            var images = tokens.Rows * tokens.Columns;
            if (logits.Rows > images)
            {
                Guide(guided, logits.Row(images + task), count, draw.Guidance);
            }

            var row = new Span<float>(guided, count);
            var work = scratch.Floats(2L * count);
            LogitFilter.TopK(row, draw.TopK, new Span<float>(work, count));
            LogitFilter.TopP(row, draw.TopP, new Span<ulong>(work, count));
            ((int*)tokens.Address)[((nint)image * tokens.Stride) + token]
                = Race(guided, count, (float)draw.Temperature, (uint)(firstPosition + token), draw.Image, draw.Seed);
        }

        private static void Guide(float* conditional, float* unconditional, int count, double guidance)
        {
            var (more, less) = (V.Broadcast((float)(1 + guidance)), V.Broadcast((float)-guidance));
            for (var v = 0; v < count; v += V.Count)
            {
                var kept = Lanes.Load<V>(conditional + v, count - v) * more;
                var guided = V.MultiplyAdd(Lanes.Load<V>(unconditional + v, count - v), less, kept);
                Lanes.Store(conditional + v, guided, count - v);
            }
        }

        /// <summary>
        /// Finds the entry with the highest logit / temperature + noise: a draw from softmax(logits / temperature).
        /// </summary>
        private int Race(float* logits, int count, float temperature, uint position, uint image, ulong seed)
        {
            var (best, winner) = (float.NegativeInfinity, 0);
            for (var group = 0; group < count; group += 4)
            {
                var lanes = Math.Min(4, count - group);
                if (!AnyKept(logits + group, lanes))
                {
                    continue;
                }

                var noise = Philox.Gumbel((uint)group >> 2, position, image, NoisePurpose.Tokens, seed);
                for (var lane = 0; lane < lanes; lane++)
                {
                    var score = (logits[group + lane] / temperature) + noise[lane];
                    (best, winner) = score > best ? (score, group + lane) : (best, winner);
                }
            }

            if (float.IsNegativeInfinity(best))
            {
                *isAnyUndrawn = true;
            }

            return winner;
        }
    }

    /// <summary>Noise is made only where a logit was kept.</summary>
    internal static bool AnyKept(float* logits, int lanes)
    {
        for (var lane = 0; lane < lanes; lane++)
        {
            if (logits[lane] > float.NegativeInfinity)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>The mixture of code vectors that replaces the drawn token's where an image is decoded smoothly.</summary>
internal static unsafe class MixCodes<V>
    where V : unmanaged, ISimd<V>
{
    public static void Run(
        ThreadTeam team, CpuTensor y, CpuTensor logits, CpuTensor codebook,
        ReadOnlySpan<TokenDraw> draws, int tokens, CodeMixture mixture, int firstPosition)
    {
        fixed (TokenDraw* perImage = draws)
        {
            var job = new Job(y, logits, codebook, perImage, tokens, mixture, firstPosition);
            team.Run(ref job, y.Rows);
        }
    }

    private readonly struct Job(
        CpuTensor y, CpuTensor logits, CpuTensor codebook, TokenDraw* draws,
        int tokens, CodeMixture mixture, int firstPosition) : IJob
    {
        public void Execute(int task, WorkerScratch scratch)
        {
            ref readonly var draw = ref draws[task / tokens];
            if (!draw.Smooth)
            {
                return;
            }

            var scores = scratch.Floats(logits.Columns);
            var highest = Score(scores, logits.Row(task), (uint)(firstPosition + (task % tokens)), draw);
            new Span<float>(y.Row(task), y.Columns).Clear();
            var total = 0.0;
            for (var v = 0; v < logits.Columns; v++)
            {
                var weight = ManagedMath.Exp(scores[v] - highest);
                if (weight > 0)
                {
                    total += weight;
                    Add(y.Row(task), codebook.Row(v), weight, y.Columns);
                }
            }

            Scale(y.Row(task), (float)(1 / total), y.Columns);
        }

        private float Score(float* scores, float* kept, uint position, in TokenDraw draw)
        {
            var highest = float.NegativeInfinity;
            for (var group = 0; group < logits.Columns; group += 4)
            {
                var lanes = Math.Min(4, logits.Columns - group);
                var noise = DrawTokens<V>.AnyKept(kept + group, lanes)
                    ? Philox.Gumbel((uint)group >> 2, position, draw.Image, NoisePurpose.Mixture, draw.Seed)
                    : Vector128<float>.Zero;
                for (var lane = 0; lane < lanes; lane++)
                {
                    scores[group + lane] =
                        ((kept[group + lane] * mixture.Sharpness) + noise[lane]) / mixture.Temperature;
                    highest = MathF.Max(highest, scores[group + lane]);
                }
            }

            return highest;
        }

        private static void Add(float* sum, float* code, float weight, int columns)
        {
            for (var c = 0; c < columns; c += V.Count)
            {
                var lanes = columns - c;
                var term = Lanes.Load<V>(code + c, lanes);
                Lanes.Store(sum + c, V.MultiplyAdd(V.Broadcast(weight), term, Lanes.Load<V>(sum + c, lanes)), lanes);
            }
        }

        private static void Scale(float* sum, float factor, int columns)
        {
            for (var c = 0; c < columns; c++)
            {
                sum[c] *= factor;
            }
        }
    }
}
