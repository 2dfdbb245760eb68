using System.Threading.Channels;

namespace CoDe.Protocol;

/// <summary>
/// Events on their way to a client. Where it reads more slowly than they come, those that only tell progress are left
/// out.
/// </summary>
/// <param name="isProgress">Tells whether an event may be left out; null where none may.</param>
public sealed class EventBuffer<T>(Func<T, bool>? isProgress = null)
{
    /// <summary>Events that wait before any is left out.</summary>
    private const int MostWaiting = 1024;

    private readonly Channel<T> _events = Channel.CreateUnbounded<T>();

    public ChannelReader<T> Reader => _events.Reader;

    /// <summary>Adds an event, from any thread.</summary>
    public void Add(T each)
    {
        if (_events.Reader.Count < MostWaiting || isProgress is null || !isProgress(each))
        {
            _events.Writer.TryWrite(each);
        }
    }

    /// <summary>Ends the events.</summary>
    public void Complete() => _events.Writer.Complete();
}
