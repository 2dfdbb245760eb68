namespace CoDe.Engine.Compute.Cpu.Kernels.Assembled;

/// <summary>Puts new keys and values in bfloat16 where <see cref="BFloat16AttentionTile"/> reads them.</summary>
internal static unsafe class BFloat16KeysValues
{
    public static void Store(
        ThreadTeam team, CpuCache cache, int layer, CpuTensor keysValues,
        int first, int rowsPerSequence, bool normalize)
    {
        var job = new Job(cache, layer, keysValues, first, rowsPerSequence, normalize);
        team.Run(ref job, keysValues.Rows / rowsPerSequence * cache.Heads);
    }

    private readonly struct Job(
        CpuCache cache, int layer, CpuTensor keysValues, int first, int rowsPerSequence, bool normalize) : IJob
    {
        private const int Width = BFloat16Tile.Width;

        public void Execute(int task, WorkerScratch scratch)
        {
            var (sequence, head) = Math.DivRem(task, cache.Heads);
            var wide = scratch.Floats(2L * cache.HeadWidth);
            var rounded = (ushort*)(wide + cache.HeadWidth);
            for (var row = 0; row < rowsPerSequence; row++)
            {
                var key = keysValues.HalfRow((sequence * rowsPerSequence) + row) + (head * cache.HeadWidth);
                StoreKey(normalize ? Normalized(key, wide, rounded) : key, sequence, head, first + row);
                StoreValue(key + (cache.Heads * cache.HeadWidth), sequence, head, first + row);
            }
        }

        private ushort* Normalized(ushort* key, float* wide, ushort* rounded)
        {
            BFloat16.Expand(key, wide, cache.HeadWidth);
            var rate = 1 / StoreKeysValues<Simd.Avx512>.Norm(wide, cache.HeadWidth);
            for (var c = 0; c < cache.HeadWidth; c++)
            {
                wide[c] *= rate;
            }

            BFloat16.Round(wide, rounded, cache.HeadWidth);
            return rounded;
        }

        private void StoreKey(ushort* key, int sequence, int head, int position)
        {
            var column = (uint*)cache.KeyPanel(layer, sequence, head, position / Width) + (position % Width);
            for (var pair = 0; pair < cache.HeadWidth / 2; pair++)
            {
                column[pair * Width] = ((uint*)key)[pair];
            }
        }

        /// <summary>
        /// Writes one half of each pair of positions. The first also clears the second, which may never come: its
        /// weight is 0, and 0 times what memory held before may be no number.
        /// </summary>
        private void StoreValue(ushort* value, int sequence, int head, int position)
        {
            for (var c = 0; c < cache.HeadWidth; c += Width)
            {
                var pairs = (uint*)cache.Values(layer, sequence, head, c / Width, position & ~1);
                var count = Math.Min(Width, cache.HeadWidth - c);
                if (position % 2 == 0)
                {
                    for (var lane = 0; lane < count; lane++)
                    {
                        pairs[lane] = value[c + lane];
                    }
                }
                else
                {
                    for (var lane = 0; lane < count; lane++)
                    {
                        pairs[lane] = (pairs[lane] & 0xffff) | ((uint)value[c + lane] << 16);
                    }
                }
            }
        }
    }
}
