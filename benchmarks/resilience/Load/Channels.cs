using System.CommandLine;
using CoDe.Testing.Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;

namespace CoDe.Resilience.Load;

internal static class Channels
{
    private const int LargestMessage = 64 << 20;

    /// <summary>The client library's own limit is five, and its pauses are random from 0 to the backoff.</summary>
    private const int Attempts = 10;

    /// <summary>Makes the option <c>--closed</c> of a command.</summary>
    public static Option<bool> ClosedOption() => new("--closed")
    {
        Description = "TLS on every port, certificates between all processes, and a key for callers.",
    };

    public static GrpcChannel To(int port) => To(Doors.Open(), port);

    public static GrpcChannel To(Doors doors, int port)
        => doors.Connect(port, new GrpcChannelOptions { MaxReceiveMessageSize = LargestMessage });

    /// <summary>Opens a channel that retries calls which end as UNAVAILABLE.</summary>
    public static GrpcChannel RetryingTo(Doors doors, int port)
    {
        var policy = new RetryPolicy
        {
            MaxAttempts = Attempts,
            InitialBackoff = TimeSpan.FromMilliseconds(100),
            MaxBackoff = TimeSpan.FromSeconds(1),
            BackoffMultiplier = 2,
            RetryableStatusCodes = { StatusCode.Unavailable },
        };
        var config = new ServiceConfig
        {
            MethodConfigs = { new MethodConfig { Names = { MethodName.Default }, RetryPolicy = policy } },
        };
        return doors.Connect(port, new GrpcChannelOptions
        {
            MaxReceiveMessageSize = LargestMessage,
            MaxRetryAttempts = Attempts,
            ServiceConfig = config,
        });
    }

    /// <summary>A deadline from now; null for none.</summary>
    public static DateTime? Deadline(double? seconds)
        => seconds is { } wait ? TimeProvider.System.GetUtcNow().UtcDateTime + TimeSpan.FromSeconds(wait) : null;
}
