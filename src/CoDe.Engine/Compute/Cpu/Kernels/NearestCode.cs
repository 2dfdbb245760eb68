using CoDe.Engine.Compute.Cpu.Simd;

namespace CoDe.Engine.Compute.Cpu.Kernels;

/// <summary>tokens[row] = the code with the least |x|^2 + |code|^2 - 2 x . code, the first of equals.</summary>
internal static unsafe class NearestCode<V>
    where V : unmanaged, ISimd<V>
{
    public static void Run(ThreadTeam team, CpuTensor tokens, CpuTensor x, CpuTensor codebook)
    {
        var job = new Job(tokens, x, codebook);
        team.Run(ref job, x.Rows);
    }

    private readonly struct Job(CpuTensor tokens, CpuTensor x, CpuTensor codebook) : IJob
    {
        public void Execute(int task, WorkerScratch scratch)
        {
            var features = x.Row(task);
            var (least, nearest) = (float.PositiveInfinity, 0);
            for (var code = 0; code < codebook.Rows; code++)
            {
                var distance = Distance(features, codebook.Row(code), x.Columns);
                (least, nearest) = distance < least ? (distance, code) : (least, nearest);
            }

            var (image, token) = Math.DivRem(task, tokens.Columns);
            ((int*)tokens.Address)[((nint)image * tokens.Stride) + token] = nearest;
        }

        private static float Distance(float* a, float* b, int columns)
        {
            var sum = V.Zero;
            for (var c = 0; c < columns; c += V.Count)
            {
                var difference = Lanes.Load<V>(a + c, columns - c) - Lanes.Load<V>(b + c, columns - c);
                sum = V.MultiplyAdd(difference, difference, sum);
            }

            return V.Sum(sum);
        }
    }
}
