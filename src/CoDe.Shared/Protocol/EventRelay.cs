namespace CoDe.Protocol;

/// <summary>Carries what a device's thread tells to a call's stream, which is written by one task at a time.</summary>
public static class EventRelay
{
    /// <summary>Does the work and writes what it tells, in order, before its result is returned.</summary>
    /// <param name="work">Is given what to call, from any thread.</param>
    /// <param name="isProgress">Tells whether an event may be left out for a client that reads too slowly.</param>
    public static async Task<TResult> RunAsync<TEvent, TResult>(
        Func<Action<TEvent>, Task<TResult>> work, Func<TEvent, Task> write, Func<TEvent, bool>? isProgress = null)
    {
        var events = new EventBuffer<TEvent>(isProgress);
        var result = DoAsync();
        try
        {
            await foreach (var each in events.Reader.ReadAllAsync().ConfigureAwait(false))
            {
                await write(each).ConfigureAwait(false);
            }
        }
        finally
        {
            // A write fails when the call is cancelled, and then the work ends too.
            await ((Task)result).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return await result.ConfigureAwait(false);

        async Task<TResult> DoAsync()
        {
            try
            {
                return await work(events.Add).ConfigureAwait(false);
            }
            finally
            {
                events.Complete();
            }
        }
    }
}
