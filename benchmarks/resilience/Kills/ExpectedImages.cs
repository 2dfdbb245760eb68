using System.Collections.Concurrent;
using CoDe.Protocol.V1;

namespace CoDe.Resilience.Kills;

/// <summary>
/// Requests of a few kinds, whose images were made while nothing failed; every later answer must be the same.
/// </summary>
internal sealed class ExpectedImages
{
    private const int Kinds = 30;
    private const int Labels = 10;

    private readonly ConcurrentDictionary<int, byte[]> _images = [];
    private int _different;

    /// <summary>Images that were not what they should have been.</summary>
    public int Different => Volatile.Read(ref _different);

    public static async Task<ExpectedImages> MakeAsync(Generation.GenerationClient client)
    {
        var expected = new ExpectedImages();
        for (var kind = 0; kind < Kinds; kind++)
        {
            var response = await client.GenerateAsync(RequestOf(kind));
            expected._images[kind] = response.Images[0].Image.Data.ToByteArray();
        }

        return expected;
    }

    public async Task GenerateAsync(Generation.GenerationClient client, int number, DateTime? deadline)
    {
        var response = await client.GenerateAsync(RequestOf(number), deadline: deadline);
        if (!response.Images[0].Image.Data.Span.SequenceEqual(_images[number % Kinds]))
        {
            Interlocked.Increment(ref _different);
        }
    }

    private static GenerateRequest RequestOf(int number)
        => new()
        {
            Labels = { $"{number % Labels}" },
            Seed = (ulong)(number % Kinds),
            Steps = 8,
            Format = ImageFormat.Rgb,
        };
}
