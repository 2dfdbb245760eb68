using System.Runtime.Intrinsics;
using CoDe.Engine.Compute.Cpu;
using CoDe.Flow;
using static TorchSharp.torch;

namespace CoDe.Benchmarks.PublishedOnLibTorch;

/// <summary>
/// Draws with the noise that the golden cases define in place of a library's generator, and keeps what it drew.
/// </summary>
/// <param name="images">Number of each image under its seed.</param>
internal sealed class GoldenNoise(ulong seed, IReadOnlyList<uint> images, ScaleSchedule schedule)
{
    private readonly Dictionary<int, long[]> _drawn = [];

    /// <param name="logits">Divided by the temperature: (images, tokens, vocabulary).</param>
    public Tensor Draw(Tensor logits, int scale)
    {
        using var noise = Noise(scale, (int)logits.size(1), (int)logits.size(2));
        using var raced = logits.add(noise);
        var tokens = raced.argmax(-1);
        _drawn[scale] = tokens.data<long>().ToArray();
        return tokens;
    }

    /// <summary>The tokens last drawn at scales [first, end), one image after the other.</summary>
    public IEnumerable<long> Tokens(int image, int first, int end) => Enumerable.Range(first, end - first)
        .SelectMany(scale => _drawn[scale].Chunk(schedule.Tokens(scale)).ElementAt(image));

    private Tensor Noise(int scale, int tokens, int vocabulary)
    {
        var noise = new float[images.Count * tokens * vocabulary];
        Span<float> remaining = noise;
        foreach (var image in images)
        {
            for (var token = 0; token < tokens; token++)
            {
                Fill(remaining[..vocabulary], (uint)(schedule.Start(scale) + token), image);
                remaining = remaining[vocabulary..];
            }
        }

        return tensor(noise, [images.Count, tokens, vocabulary]);
    }

    private void Fill(Span<float> row, uint position, uint image)
    {
        for (var entry = 0; entry < row.Length; entry += 4)
        {
            Philox.Gumbel((uint)entry >> 2, position, image, NoisePurpose.Tokens, seed).CopyTo(row[entry..]);
        }
    }
}
