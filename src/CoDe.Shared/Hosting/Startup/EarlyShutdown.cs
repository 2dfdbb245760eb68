using System.Runtime.InteropServices;

namespace CoDe.Hosting.Startup;

/// <summary>
/// Notes a signal to end from the first moment of a service. The host listens for signals only once it starts, after
/// seconds in which its parts are made.
/// </summary>
internal sealed class EarlyShutdown : IDisposable
{
    private readonly CancellationTokenSource _asked = new();
    private readonly PosixSignalRegistration[] _signals;

    public EarlyShutdown()
        => _signals =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Note),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Note),
        ];

    /// <summary>Ends with the first signal.</summary>
    public CancellationToken Asked => _asked.Token;

    public void Dispose()
    {
        Array.ForEach(_signals, signal => signal.Dispose());
        _asked.Dispose();
    }

    private void Note(PosixSignalContext signal)
    {
        signal.Cancel = true;
        _asked.Cancel();
    }
}
