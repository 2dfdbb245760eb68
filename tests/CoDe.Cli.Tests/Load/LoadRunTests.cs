using CoDe.Cli.Load;
using CoDe.Planning;
using CoDe.Protocol.V1;
using Xunit;

namespace CoDe.Cli.Tests.Load;

/// <summary>Times at which requests are sent and timed from, on a clock that the service moves.</summary>
public sealed class LoadRunTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly SteppingClock _clock = new();
    private readonly List<GenerateRequest> _asked = [];

    [Fact]
    public async Task Clients_AskAgainWhenTheyAreAnswered()
    {
        var samples = await RunAsync(Plan(clients: 1, warmUp: 2, duration: 3), Takes(Second));
        Assert.Equal([0, 1, 2, 3, 4], samples.Select(sample => sample.Due.TotalSeconds));
        Assert.All(samples, sample => Assert.Equal(Second, sample.Latency));
    }

    [Fact]
    public async Task Clients_WithANumberOfRequests_MeasureSoManyAfterTheWarmUp()
    {
        var samples = await RunAsync(Plan(clients: 1, warmUp: 2, requests: 7), Takes(Second));
        Assert.Equal(7, samples.Count(sample => sample.Due >= 2 * Second));
        Assert.Equal(2, samples.Count(sample => sample.Due < 2 * Second));
    }

    [Fact]
    public async Task Client_WhoseRequestFails_PausesBeforeTheNext()
    {
        var samples = await RunAsync(Plan(clients: 1, duration: 1), _ => "UNAVAILABLE");
        Assert.Equal(10, samples.Count);
        Assert.All(samples, sample => Assert.Equal("UNAVAILABLE", sample.Failure));
    }

    [Fact]
    public async Task OpenLoop_SendsAtItsTimesWhateverTheLatency()
    {
        var samples = await RunAsync(Plan(rate: 50, warmUp: 1, duration: 3), _ => null);
        var expected = Arrivals.AtRandom(50, 7).TakeWhile(due => due < 4 * Second);
        Assert.Equal(expected, samples.Select(sample => sample.Due));
        Assert.All(samples, sample => Assert.InRange(sample.Sent - sample.Due, TimeSpan.Zero, Second / 1000));
    }

    /// <summary>A stall of ten seconds shows in all requests that were due in it, not only in one.</summary>
    [Fact]
    public async Task OpenLoop_ThatIsHeldUp_CountsLatencyFromWhenRequestsWereDue()
    {
        var stall = 10 * Second;
        var samples = await RunAsync(Plan(rate: 20, requests: 100), request =>
        {
            _clock.Advance(request == 50 ? stall : TimeSpan.Zero);
            return null;
        });
        var stalled = samples[49];
        Assert.InRange(stalled.Latency, stall, stall + (Second / 1000));
        Assert.All(samples.Skip(50), sample =>
        {
            Assert.Equal(stalled.Finish, sample.Sent);
            Assert.Equal(stalled.Finish - sample.Due, sample.Latency);
            Assert.True(sample.Latency > 5 * Second);
        });
        Assert.Equal(50, samples.Skip(50).Count());
    }

    [Fact]
    public async Task Requests_OfAMix_HaveItsSharesAndLabels()
    {
        var plan = Plan(clients: 1, requests: 4000) with
        {
            Labels = ["1", "2"],
            Steps = Mix.Parse("--steps", "8:3,6"),
            Counts = Mix.Parse("--count", "1:9,4:1"),
        };
        await RunAsync(plan, Takes(TimeSpan.FromMilliseconds(1)));
        Assert.Equal(4000, _asked.Count);
        Assert.InRange(_asked.Count(request => request.Steps == 8), 2900, 3100);
        Assert.InRange(_asked.Count(request => request.Count == 4), 340, 460);
        Assert.InRange(_asked.Count(request => request.Labels.Single() == "2"), 1900, 2100);
    }

    private static LoadPlan Plan(
        int? clients = null, double? rate = null, double warmUp = 0, double? duration = null, int? requests = null)
        => new(
            "tiny", ["0"], null, Mix.Parse("--count", "1"), clients, rate, warmUp * Second,
            duration * Second, requests, 7);

    /// <summary>Takes a time and answers.</summary>
    private Func<int, string?> Takes(TimeSpan time) => _ =>
    {
        _clock.Advance(time);
        return null;
    };

    /// <param name="answer">Gets the number of a request from 1; returns its failure.</param>
    private async Task<IReadOnlyList<LoadSample>> RunAsync(LoadPlan plan, Func<int, string?> answer)
        => await new LoadRun(
            plan,
            (request, _) =>
            {
                _asked.Add(request);
                return Task.FromResult(answer(_asked.Count));
            },
            _clock).RunAsync(CancellationToken.None);
}
