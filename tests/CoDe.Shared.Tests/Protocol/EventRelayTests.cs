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
}
