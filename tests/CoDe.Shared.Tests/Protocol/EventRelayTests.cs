using CoDe.Protocol;
using Xunit;

namespace CoDe.Shared.Tests.Protocol;

public sealed class EventRelayTests
{
    [Fact]
    public async Task Relay_WhoseWriteFails_EndsAfterTheWork()
    {
        var work = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var relay = EventRelay.RunAsync<int, int>(
            tell =>
            {
                tell(1);
                return work.Task;
            },
            _ => throw new OperationCanceledException("written too late"));
        Assert.False(relay.IsCompleted);

        work.SetException(new InvalidOperationException("of the work"));

        var error = await Assert.ThrowsAsync<OperationCanceledException>(() => relay);
        Assert.Equal("written too late", error.Message);
    }

    [Fact]
    public async Task Relay_ToAClientThatReadsTooSlowly_LeavesOutProgressAlone()
    {
        const int Events = 10_000;
        var written = new List<int>();
        var isTold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await EventRelay.RunAsync<int, bool>(
            tell =>
            {
                for (var each = 0; each < Events; each++)
                {
                    tell(each);
                }

                isTold.SetResult();
                return Task.FromResult(true);
            },
            async each =>
            {
                await isTold.Task;
                written.Add(each);
            },
            isProgress: each => each % 10 != 0);

        Assert.Equal(Enumerable.Range(0, Events).Where(each => each % 10 == 0), written.Where(each => each % 10 == 0));
        Assert.InRange(written.Count, Events / 10, (Events / 10) + 1025);
    }
}
