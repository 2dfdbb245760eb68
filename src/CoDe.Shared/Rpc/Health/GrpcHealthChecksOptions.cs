using System.Collections;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>Which health checks decide on which gRPC service.</summary>
public sealed class GrpcHealthChecksOptions
{
    /// <summary>By default all checks decide on the server as a whole, the service named "".</summary>
    public ServiceMappingCollection Services { get; } = [];
}

/// <summary>A health check, for deciding whether it counts for a service.</summary>
public sealed class HealthCheckMapContext(string name, IEnumerable<string> tags)
{
    public string Name { get; } = name;

    public IEnumerable<string> Tags { get; } = tags;
}

/// <summary>A service and the checks that count for it.</summary>
public sealed class ServiceMapping(string name, Func<HealthCheckMapContext, bool> predicate)
{
    public string Name { get; } = name;

    public Func<HealthCheckMapContext, bool> HealthCheckPredicate { get; } = predicate;
}

/// <summary>Services by name.</summary>
public sealed class ServiceMappingCollection : IEnumerable<ServiceMapping>
{
    private readonly Dictionary<string, ServiceMapping> _mappings = new(StringComparer.Ordinal);

    public int Count => _mappings.Count;

    public void Add(ServiceMapping service) => _mappings[service.Name] = service;

    /// <summary>Has checks decide on a service, in place of what was said of it before.</summary>
    public void Map(string name, Func<HealthCheckMapContext, bool> predicate) => Add(new ServiceMapping(name, predicate));

    public void Remove(string name) => _mappings.Remove(name);

    public void Clear() => _mappings.Clear();

    public IEnumerator<ServiceMapping> GetEnumerator() => _mappings.Values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
