using Grpc.Net.Client.Configuration;

namespace Grpc.Net.Client;

/// <summary>The tokens of a channel's <see cref="RetryThrottlingPolicy"/>.</summary>
internal sealed class RetryThrottle(RetryThrottlingPolicy policy)
{
    private readonly Lock _lock = new();
    private readonly double _ratio = policy.TokenRatio ?? throw new InvalidOperationException("RetryThrottlingPolicy needs TokenRatio.");
    private readonly int _most = policy.MaxTokens ?? throw new InvalidOperationException("RetryThrottlingPolicy needs MaxTokens.");
    private double _tokens = policy.MaxTokens.Value;

    public bool AllowsRetries
    {
        get
        {
            lock (_lock)
            {
                return _tokens > _most / 2.0;
            }
        }
    }

    public void Succeeded() => Add(_ratio);

    public void Failed() => Add(-1);

    private void Add(double tokens)
    {
        lock (_lock)
        {
            _tokens = Math.Clamp(_tokens + tokens, 0, _most);
        }
    }
}
