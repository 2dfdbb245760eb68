using Grpc.Core;

namespace Grpc.Net.Client.Configuration;

/// <summary>How a channel spreads calls over addresses and which it retries (gRPC service config).</summary>
public sealed class ServiceConfig
{
    /// <summary>The first is used; without any, the first address that answers takes all calls.</summary>
    public IList<LoadBalancingConfig> LoadBalancingConfigs { get; } = [];

    public IList<MethodConfig> MethodConfigs { get; } = [];

    /// <summary>Stops retries while most calls fail; null for never.</summary>
    public RetryThrottlingPolicy? RetryThrottling { get; set; }
}

/// <summary>How calls are spread over the addresses of a channel.</summary>
public class LoadBalancingConfig(string loadBalancingPolicyName)
{
    public const string PickFirstPolicyName = "pick_first";

    public const string RoundRobinPolicyName = "round_robin";

    public string PolicyName { get; } = loadBalancingPolicyName;
}

/// <summary>All calls to the first address that answers.</summary>
public sealed class PickFirstConfig() : LoadBalancingConfig(PickFirstPolicyName);

/// <summary>Calls to all addresses in turn.</summary>
public sealed class RoundRobinConfig() : LoadBalancingConfig(RoundRobinPolicyName);

/// <summary>What holds for some methods.</summary>
public sealed class MethodConfig
{
    public IList<MethodName> Names { get; } = [];

    public RetryPolicy? RetryPolicy { get; set; }
}

/// <summary>A method, or all of a service where <see cref="Method"/> is null, or all of all.</summary>
public sealed class MethodName
{
    public static readonly MethodName Default = new();

    public string? Service { get; set; }

    public string? Method { get; set; }
}

/// <summary>When and how often a call is made again (gRFC A6). A call is only made again while nothing of its response has come.</summary>
public sealed class RetryPolicy
{
    /// <summary>Including the first; at least 2.</summary>
    public int? MaxAttempts { get; set; }

    public TimeSpan? InitialBackoff { get; set; }

    public TimeSpan? MaxBackoff { get; set; }

    public double? BackoffMultiplier { get; set; }

    public IList<StatusCode> RetryableStatusCodes { get; } = [];
}

/// <summary>Tokens for retries (gRFC A6): a failure takes one, a success gives <see cref="TokenRatio"/>; below half there are no retries.</summary>
public sealed class RetryThrottlingPolicy
{
    public int? MaxTokens { get; set; }

    public double? TokenRatio { get; set; }
}
