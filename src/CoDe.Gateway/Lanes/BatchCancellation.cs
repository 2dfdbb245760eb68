namespace CoDe.Gateway.Lanes;

/// <summary>Cancelled when nobody waits for any image of a batch any more.</summary>
internal sealed class BatchCancellation : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly CancellationTokenRegistration[] _registrations;
    private int _waiting;

    public BatchCancellation(IReadOnlyList<WorkItem> items)
    {
        _waiting = items.Count;
        _registrations = [.. items.Select(item => item.Cancellation.UnsafeRegister(
            static batch => ((BatchCancellation)batch!).GiveUp(), this))];
        Token = _source.Token;
    }

    public CancellationToken Token { get; }

    public void Dispose()
    {
        Array.ForEach(_registrations, registration => registration.Dispose());
        _source.Dispose();
    }

    private void GiveUp()
    {
        if (Interlocked.Decrement(ref _waiting) == 0)
        {
            _source.Cancel();
        }
    }
}
