namespace CoDe.EndToEnd.Hostile;

/// <summary>
/// Runs exchanges one after the other. The seed decides kind and bytes: <c>RunAsync(seed, 1)</c> repeats an exchange.
/// Attacks on streams share a connection, a batch at a time.
/// </summary>
internal sealed class Attacker(int port, Tally tally) : IDisposable
{
    private const int LargestBatch = 24;

    /// <summary>Limit of messages of hundreds of KiB in a batch; the connection window is 1 MiB.</summary>
    private const int MostHeavy = 2;

    /// <summary>2^32 divided by the golden ratio; <see cref="Random"/> starts alike for close seeds.</summary>
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

    /// <param name="Random">The generator that drew the attack and writes it.</param>
    private sealed record Started(Attack Attack, Random Random, int Seed);
}
