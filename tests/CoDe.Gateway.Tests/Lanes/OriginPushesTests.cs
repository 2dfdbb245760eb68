using System.Threading.Channels;
using CoDe.Gateway.Lanes;
using CoDe.Gateway.Requests;
using Xunit;

namespace CoDe.Gateway.Tests.Lanes;

/// <summary>Order of what a dispatcher pushes to an origin.</summary>
public sealed class OriginPushesTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Push_BeginsOnceTheOneBeforeWasAnswered_AndTakesWhatCameMeanwhile()
    {
        var origin = new OriginDouble();
        var pushes = new OriginPushes(origin, Guid.NewGuid());
        pushes.Add(News(1));
        var first = await origin.NextAsync();
        pushes.Add(News(2));
        pushes.Add(News(3));
        var flushed = pushes.FlushAsync();
        Assert.Equal([1], first.Scales);
        Assert.False(origin.HasNext);
        first.Answer.SetResult();
        var second = await origin.NextAsync();
        Assert.Equal([2, 3], second.Scales);
        Assert.False(flushed.IsCompleted);
        second.Answer.SetResult();
        await flushed.WaitAsync(Patience);
    }

    [Fact]
    public async Task Push_ThatFails_IsDroppedAndTheNextGoesOn()
    {
        var origin = new OriginDouble();
        var pushes = new OriginPushes(origin, Guid.NewGuid());
        pushes.Add(News(1));
        (await origin.NextAsync()).Answer.SetException(new TimeoutException());
        await pushes.FlushAsync().WaitAsync(Patience);
        pushes.Add(News(2));
        var second = await origin.NextAsync();
        Assert.Equal([2], second.Scales);
        second.Answer.SetResult();
        await pushes.FlushAsync().WaitAsync(Patience);
    }

    private static ImageNews News(int scales) => new(0, scales, null, null);

    /// <summary>Answers each push when the test says so.</summary>
    private sealed class OriginDouble : IOrigin
    {
        private readonly Channel<Push> _pushes = Channel.CreateUnbounded<Push>();

        public bool HasNext => _pushes.Reader.TryPeek(out _);

        public Task<Push> NextAsync() => _pushes.Reader.ReadAsync().AsTask().WaitAsync(Patience);

        public Task TellAsync(Guid request, ImageNews[] news)
        {
            var push = new Push([.. news.Select(each => each.Scales)], new TaskCompletionSource());
            Assert.True(_pushes.Writer.TryWrite(push));
            return push.Answer.Task;
        }

        public Task FinishAsync(Guid request, int position, FinishedImage image) => throw new NotSupportedException();

        public Task FailAsync(Guid request, int position, Failure failure) => throw new NotSupportedException();

        public Task TakeBackAsync(Guid request) => throw new NotSupportedException();
    }

    private sealed record Push(int[] Scales, TaskCompletionSource Answer);
}
