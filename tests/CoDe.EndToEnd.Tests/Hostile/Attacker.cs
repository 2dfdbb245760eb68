namespace CoDe.EndToEnd.Hostile;

/// <summary>
/// Runs exchanges one after the other. An exchange is wholly made by its seed, its kind and its bytes, so that <c>RunAsync(seed, 1)</c>
/// repeats it. What spoils only streams shares a connection, a batch at a time.
/// </summary>
internal sealed class Attacker(int port, Tally tally) : IDisposable
{
    private const int LargestBatch = 24;

    /// <summary>Messages of hundreds of KiB in a batch, which keep within the server's connection window of a MiB.</summary>
    private const int MostHeavy = 2;

    /// <summary>2^32 by the golden ratio: <see cref="Random"/> begins alike for seeds that are near each other.</summary>
    private const uint Spread = 2654435769;

    private readonly List<Started> _batch = [];
    private int _heavy;
    private Session? _shared;

    public async Task RunAsync(int firstSeed, int count)
    {
        for (var seed = firstSeed; seed < firstSeed + count; seed++)
        {
            var random = new Random((int)((uint)seed * Spread));
            var started = new Started(AttackTable.Draw(random), random, seed);
            await (started.Attack.Reach == Reach.Stream ? ShareAsync(started) : RunAloneAsync(started));
        }

        await FlushAsync();
    }

    public void Dispose() => _shared?.Dispose();

    private async Task ShareAsync(Started started)
    {
        _batch.Add(started);
        _heavy += started.Attack.Weight < 2 ? 1 : 0;
        if (_batch.Count == LargestBatch || _heavy == MostHeavy)
        {
            await FlushAsync();
        }
    }

    private async Task FlushAsync()
    {
        if (_batch.Count > 0)
        {
            if (_shared is not { IsUsable: true })
            {
                _shared?.Dispose();
                _shared = await Session.OpenAsync(port, bare: false, CancellationToken.None);
            }

            await RunAsync(_shared, _batch);
            _batch.Clear();
            _heavy = 0;
        }
    }

    private async Task RunAloneAsync(Started started)
    {
        using var session = await Session.OpenAsync(port, started.Attack.Reach == Reach.Bare, CancellationToken.None);
        await RunAsync(session, [started]);
        if (started.Seed % 2 == 0)
        {
            session.Abort();
        }
    }

    private async Task RunAsync(Session session, List<Started> batch)
    {
        var reactions = await session.RunAsync([.. batch.Select(started => (started.Attack, started.Random))]);
        for (var i = 0; i < batch.Count; i++)
        {
            tally.Add(batch[i].Attack, batch[i].Seed, reactions[i]);
        }
    }

    /// <param name="Random">Has drawn the attack, and now writes it.</param>
    private sealed record Started(Attack Attack, Random Random, int Seed);
}
