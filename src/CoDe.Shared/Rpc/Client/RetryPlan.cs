using System.Globalization;
using Grpc.Core;
using Grpc.Net.Client.Configuration;

namespace Grpc.Net.Client;

/// <summary>Which calls of a method are made again, and when (gRFC A6).</summary>
internal sealed class RetryPlan
{
    public const string PushbackHeader = "grpc-retry-pushback-ms";
    public const string AttemptsHeader = "grpc-previous-rpc-attempts";

    private readonly HashSet<StatusCode> _codes;
    private readonly int _mostAttempts;
    private readonly Backoff _backoff;
    private readonly RetryThrottle? _throttle;

    private RetryPlan(RetryPolicy policy, int? mostAttempts, RetryThrottle? throttle)
    {
        if (policy is not { MaxAttempts: > 1, InitialBackoff.Ticks: > 0, MaxBackoff.Ticks: > 0, BackoffMultiplier: > 0, RetryableStatusCodes.Count: > 0 })
        {
            throw new InvalidOperationException(
                "RetryPolicy needs MaxAttempts of 2 or more, InitialBackoff, MaxBackoff and BackoffMultiplier above 0, and at least one of RetryableStatusCodes.");
        }

        _codes = [.. policy.RetryableStatusCodes];
        _mostAttempts = Math.Min(policy.MaxAttempts.Value, mostAttempts ?? int.MaxValue);
        _backoff = new Backoff(policy.InitialBackoff.Value, policy.MaxBackoff.Value, policy.BackoffMultiplier.Value);
        _throttle = throttle;
    }

    /// <summary>Plans of all methods that have one, by full name, by <c>/service/</c> and, for all, by <c>/</c>.</summary>
    /// <exception cref="InvalidOperationException">A policy is incomplete.</exception>
    public static Dictionary<string, RetryPlan> ReadAll(ServiceConfig? config, int? mostAttempts)
    {
        var plans = new Dictionary<string, RetryPlan>(StringComparer.Ordinal);
        var throttle = config?.RetryThrottling is { } throttling ? new RetryThrottle(throttling) : null;
        foreach (var method in config?.MethodConfigs ?? [])
        {
            foreach (var name in method.RetryPolicy is null ? [] : method.Names)
            {
                var key = string.IsNullOrEmpty(name.Service) ? "/" : $"/{name.Service}/{name.Method}";
                if (!plans.TryAdd(key, new RetryPlan(method.RetryPolicy!, mostAttempts, throttle)))
                {
                    throw new InvalidOperationException($"The service config names {key} twice.");
                }
            }
        }

        return plans;
    }

    public static RetryPlan? Find(Dictionary<string, RetryPlan> plans, IMethod method)
        => plans.Count == 0 ? null
            : plans.GetValueOrDefault(method.FullName) ?? plans.GetValueOrDefault($"/{method.ServiceName}/") ?? plans.GetValueOrDefault("/");

    /// <summary>The pause before the next attempt, or null where the call ended for good.</summary>
    /// <param name="attempt">The one that ended, from 1.</param>
    /// <param name="pushback">What the server asks: a pause in milliseconds; anything else for no more attempts.</param>
    public TimeSpan? PauseAfter(int attempt, StatusCode code, string? pushback)
    {
        if (code == StatusCode.OK)
        {
            _throttle?.Succeeded();
            return null;
        }

        if (_codes.Contains(code))
        {
            _throttle?.Failed();
        }

        if (!_codes.Contains(code) || attempt >= _mostAttempts || _throttle is { AllowsRetries: false })
        {
            return null;
        }

        return pushback is null ? _backoff.After(attempt)
            : int.TryParse(pushback, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) ? TimeSpan.FromMilliseconds(milliseconds)
            : null;
    }
}
