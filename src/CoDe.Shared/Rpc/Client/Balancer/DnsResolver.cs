using System.Net;
using System.Net.Sockets;
using Grpc.Core;

namespace Grpc.Net.Client.Balancer;

/// <summary>Looks a name up: at first, when asked to (at most every <see cref="Pause"/>), and regularly where an interval is given.</summary>
internal sealed class DnsResolver : Resolver
{
    /// <summary>Between look-ups that lost connections ask for.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(15);

    private readonly string _host;
    private readonly int _port;
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _lookUp;
    private readonly TimeProvider _time;
    private readonly TimeSpan _interval;
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _lock = new();
    private Action<ResolverResult>? _listener;
    private ITimer? _timer;
    private long _lastStart;
    private bool _running;
    private bool _scheduled;

    public DnsResolver(ResolverOptions options, TimeSpan interval, TimeProvider time, Func<string, CancellationToken, Task<IPAddress[]>> lookUp)
    {
        (_interval, _time, _lookUp) = (interval, time, lookUp);
        var target = new Uri($"dns://{options.Address.AbsolutePath.TrimStart('/')}");
        (_host, _port) = (target.Host.Trim('[', ']'), target.Port > 0 ? target.Port : options.DefaultPort);
        if (_host.Length == 0)
        {
            throw new InvalidOperationException($"{options.Address} names no host; write dns:///host:port.");
        }
    }

    public override void Start(Action<ResolverResult> listener)
    {
        _listener = listener;
        if (_interval != Timeout.InfiniteTimeSpan)
        {
            _timer = _time.CreateTimer(_ => Run(), null, _interval, _interval);
        }

        Run();
    }

    public override void Refresh()
    {
        lock (_lock)
        {
            if (_running || _scheduled)
            {
                return;
            }

            _scheduled = true;
        }

        _ = RunLaterAsync();
    }

    protected override void Dispose(bool disposing)
    {
        _end.Cancel();
        _timer?.Dispose();
        base.Dispose(disposing);
    }

    private async Task RunLaterAsync()
    {
        try
        {
            var rest = Pause - _time.GetElapsedTime(_lastStart);
            if (rest > TimeSpan.Zero)
            {
                await Task.Delay(rest, _time, _end.Token).ConfigureAwait(false);
            }

            Run();
        }
        catch (OperationCanceledException)
        {
            // The channel is closed.
        }
    }

    private void Run()
    {
        lock (_lock)
        {
            _scheduled = false;
            if (_running || _end.IsCancellationRequested)
            {
                return;
            }

            (_running, _lastStart) = (true, _time.GetTimestamp());
        }

        _ = ResolveAsync();
    }

    private async Task ResolveAsync()
    {
        var result = await LookUpAsync().ConfigureAwait(false);
        lock (_lock)
        {
            _running = false;
        }

        if (!_end.IsCancellationRequested)
        {
            _listener!(result);
        }
    }

    private async Task<ResolverResult> LookUpAsync()
    {
        try
        {
            var addresses = await _lookUp(_host, _end.Token).ConfigureAwait(false);
            return ResolverResult.ForResult([.. addresses.Select(address => new BalancerAddress(address.ToString(), _port))]);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ArgumentException)
        {
            return ResolverResult.ForFailure(new Status(StatusCode.Unavailable, $"Error getting DNS hosts for address '{_host}': {error.Message}", error));
        }
    }
}

/// <summary>For <c>dns:///host:port</c>.</summary>
/// <param name="refreshInterval">Between regular look-ups; <see cref="Timeout.InfiniteTimeSpan"/> to look up only when a connection is lost.</param>
public sealed class DnsResolverFactory(TimeSpan refreshInterval) : ResolverFactory
{
    public override string Name => "dns";

    public override Resolver Create(ResolverOptions options)
        => new DnsResolver(options, refreshInterval, TimeProvider.System, Dns.GetHostAddressesAsync);
}
