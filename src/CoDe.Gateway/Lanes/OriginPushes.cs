using CoDe.Gateway.Requests;

namespace CoDe.Gateway.Lanes;

/// <summary>
/// Pushes progress and drafts of a request to its origin, in order. Orleans keeps no order between messages, so a push
/// begins once the one before was answered; it takes what came meanwhile. What cannot be pushed is dropped.
/// </summary>
internal sealed class OriginPushes(IOrigin origin, Guid request)
{
    /// <summary>Bounds the size of a push: a draft is some 200 KB.</summary>
    private const int MostAtOnce = 16;

    private readonly Lock _lock = new();
    private readonly Queue<ImageNews> _waiting = [];
    private Task _pushing = Task.CompletedTask;
    private bool _isPushing;

    public void Add(ImageNews news)
    {
        lock (_lock)
        {
            _waiting.Enqueue(news);
            if (!_isPushing)
            {
                _isPushing = true;
                _pushing = Task.Run(PushAsync);
            }
        }
    }

    /// <summary>Completes when all that was added has been pushed or dropped.</summary>
    public Task FlushAsync()
    {
        lock (_lock)
        {
            return _pushing;
        }
    }

    private async Task PushAsync()
    {
        while (Take() is { Length: > 0 } news)
        {
            await origin.TellAsync(request, news).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private ImageNews[] Take()
    {
        lock (_lock)
        {
            var news = new ImageNews[Math.Min(_waiting.Count, MostAtOnce)];
            for (var i = 0; i < news.Length; i++)
            {
                news[i] = _waiting.Dequeue();
            }

            _isPushing = news.Length > 0;
            return news;
        }
    }
}
