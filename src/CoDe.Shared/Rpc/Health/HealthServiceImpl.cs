using System.Threading.Channels;
using Grpc.Core;
using Grpc.Health.V1;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Grpc.HealthCheck;

/// <summary>The standard health service: tells what it was told, and tells watchers of every change.</summary>
public class HealthServiceImpl : Health.V1.Health.HealthBase
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ServingStatus> _statuses = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<ChannelWriter<ServingStatus>>> _watchers = new(StringComparer.Ordinal);

    /// <param name="service">Empty for the server as a whole.</param>
    public void SetStatus(string service, ServingStatus status)
    {
        lock (_lock)
        {
            if (StatusOf(service) == status && _statuses.ContainsKey(service))
            {
                return;
            }

            _statuses[service] = status;
            Tell(service, status);
        }
    }

    public void ClearStatus(string service)
    {
        lock (_lock)
        {
            if (_statuses.Remove(service))
            {
                Tell(service, ServingStatus.ServiceUnknown);
            }
        }
    }

    public void ClearAll()
    {
        lock (_lock)
        {
            foreach (var service in _statuses.Keys.ToArray())
            {
                ClearStatus(service);
            }
        }
    }

    /// <exception cref="RpcException">NOT_FOUND: nothing is known of the service.</exception>
    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        lock (_lock)
        {
            return _statuses.TryGetValue(request.Service, out var status)
                ? Task.FromResult(new HealthCheckResponse { Status = status })
                : throw new RpcException(new Status(StatusCode.NotFound, $"Nothing is known of the service '{request.Service}'."));
        }
    }

    /// <summary>Answers until the client goes away. A slow watcher misses what has passed, never what is.</summary>
    public override async Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        var changes = Channel.CreateBounded<ServingStatus>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        var told = Follow(request.Service, changes.Writer);
        try
        {
            await responseStream.WriteAsync(new HealthCheckResponse { Status = told }, context.CancellationToken).ConfigureAwait(false);
            await foreach (var status in changes.Reader.ReadAllAsync(context.CancellationToken).ConfigureAwait(false))
            {
                if (status != told)
                {
                    told = status;
                    await responseStream.WriteAsync(new HealthCheckResponse { Status = status }, context.CancellationToken).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            lock (_lock)
            {
                _watchers[request.Service].Remove(changes.Writer);
                if (_watchers[request.Service].Count == 0)
                {
                    _watchers.Remove(request.Service);
                }
            }
        }
    }

    /// <summary>Ends all watching.</summary>
    internal void EndWatches()
    {
        lock (_lock)
        {
            _watchers.Values.SelectMany(watchers => watchers).ToList().ForEach(watcher => watcher.TryComplete());
        }
    }

    private ServingStatus Follow(string service, ChannelWriter<ServingStatus> watcher)
    {
        lock (_lock)
        {
            if (!_watchers.TryGetValue(service, out var watchers))
            {
                _watchers[service] = watchers = [];
            }

            watchers.Add(watcher);
            return StatusOf(service);
        }
    }

    private ServingStatus StatusOf(string service) => _statuses.GetValueOrDefault(service, ServingStatus.ServiceUnknown);

    private void Tell(string service, ServingStatus status) => _watchers.GetValueOrDefault(service)?.ForEach(watcher => watcher.TryWrite(status));
}
