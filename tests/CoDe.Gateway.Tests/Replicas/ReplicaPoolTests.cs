using CoDe.Gateway.Lanes;
using CoDe.Gateway.Replicas;
using CoDe.Planning;
using CoDe.Protocol.V1;
using Xunit;

namespace CoDe.Gateway.Tests.Replicas;

public sealed class ReplicaPoolTests
{
    private static readonly BatchKey Key = new("tiny", 8);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Replica_ThatBecomesFree_GoesToWhoWaitsBeforeWhoComes()
    {
        var (pool, taken) = Occupied();
        var first = pool.AcquireAsync(Key, [], CancellationToken.None);
        var second = pool.AcquireAsync(Key, [], CancellationToken.None);
        var comes = new List<Replica?>();
        pool.Changed += () => comes.Add(pool.TryAcquire(Key, []));
        pool.Release(taken);
        Assert.Same(taken, await first.WaitAsync(Patience));
        Assert.False(second.IsCompleted);
        pool.Release(taken);
        Assert.Same(taken, await second.WaitAsync(Patience));
        pool.Release(taken);
        Assert.Equal([null, null, taken], comes);
    }

    [Fact]
    public async Task Replica_ThatIsBack_GoesToWhoWaitsBeforeWhoComes()
    {
        var (pool, lost) = Occupied();
        var status = lost.Status;
        pool.Eject(lost);
        pool.Release(lost);
        var waiting = pool.AcquireAsync(Key, [lost], CancellationToken.None);
        Replica? comes = lost;
        pool.Changed += () => comes = pool.TryAcquire(Key, []);
        pool.Update(lost, status);
        Assert.Same(lost, await waiting.WaitAsync(Patience));
        Assert.Null(comes);
    }

    [Fact]
    public async Task Replica_ThatBecomesFree_IsNotKeptForWhoGaveUp()
    {
        var (pool, taken) = Occupied();
        using var gaveUp = new CancellationTokenSource();
        var waiting = pool.AcquireAsync(Key, [], gaveUp.Token);
        await gaveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        pool.Release(taken);
        Assert.Same(taken, pool.TryAcquire(Key, []));
    }

    [Theory]
    [InlineData("w", "CPU, Avx2", false)]
    [InlineData("v", "CPU, Avx512", false)]
    [InlineData("w", "CPU, Avx512", true)]
    public void Replica_ThatWouldMakeOtherImages_IsNotUsedBesideTheFirst(
        string digest, string arithmetic, bool batchDependent)
    {
        var pool = new ReplicaPool("refiner");
        pool.Follow(["http://127.0.0.1:1", "http://127.0.0.1:2"]);
        pool.Update(pool.Replicas[0], StatusOf("w", "CPU, Avx512", false));
        pool.Update(pool.Replicas[1], StatusOf(digest, arithmetic, batchDependent));
        Assert.Equal([Key], pool.Replicas[1].Excluded);
        Assert.Equal(Enumerable.Repeat("http://127.0.0.1:1", DispatchRules.MostOutstanding), TakeAll(pool));
        Assert.False(pool.Replicas[1].Serves(Key with { Steps = 0 }));
    }

    [Fact]
    public void Lane_WhoseReplicasAreGone_TakesOverTheNextIdentity()
    {
        var pool = new ReplicaPool("refiner");
        pool.Follow(["http://127.0.0.1:1", "http://127.0.0.1:2"]);
        pool.Update(pool.Replicas[0], StatusOf("old", "CPU, Avx512", false));
        pool.Update(pool.Replicas[1], StatusOf("new", "CPU, Avx512", false));
        pool.Eject(pool.Replicas[0]);
        Assert.Empty(TakeAll(pool));
        pool.Update(pool.Replicas[0], null);
        Assert.Equal("new", pool.Catalog.Identities[Key].WeightsDigest);
        Assert.Equal(Enumerable.Repeat("http://127.0.0.1:2", DispatchRules.MostOutstanding), TakeAll(pool));
    }

    [Fact]
    public void Replica_ThatIsBackWithTheLanesIdentity_IsUsedAgain()
    {
        var pool = new ReplicaPool("refiner");
        pool.Follow(["http://127.0.0.1:1", "http://127.0.0.1:2"]);
        pool.Update(pool.Replicas[0], StatusOf("w", "CPU, Avx512", false));
        pool.Update(pool.Replicas[1], StatusOf("w", "CPU, Avx512", false));
        pool.Update(pool.Replicas[0], null);
        pool.Update(pool.Replicas[0], StatusOf("w", "CPU, Avx512", false));
        Assert.Equal(2 * DispatchRules.MostOutstanding, TakeAll(pool).Count);
    }

    private static List<string> TakeAll(ReplicaPool pool)
    {
        var taken = new List<string>();
        while (pool.TryAcquire(Key, []) is { } replica)
        {
            taken.Add(replica.Address);
        }

        return taken;
    }

    private static StageStatus StatusOf(string digest, string arithmetic, bool batchDependent) => new()
    {
        Ready = true,
        Models =
        {
            new ServedModel
            {
                Name = Key.Model,
                Steps = { (uint)Key.Steps },
                WeightsDigest = digest,
                Arithmetic = arithmetic,
                BatchDependent = batchDependent,
            },
        },
    };

    /// <summary>A pool whose one replica has as much to do as it may.</summary>
    private static (ReplicaPool Pool, Replica Replica) Occupied()
    {
        var pool = new ReplicaPool("drafter");
        pool.Follow(["http://127.0.0.1:1"]);
        pool.Update(
            pool.Replicas[0],
            new StageStatus
            {
                Ready = true,
                Models = { new ServedModel { Name = Key.Model, Steps = { (uint)Key.Steps } } },
            });
        for (var outstanding = 0; outstanding < DispatchRules.MostOutstanding; outstanding++)
        {
            Assert.NotNull(pool.TryAcquire(Key, []));
        }

        return (pool, pool.Replicas[0]);
    }
}
