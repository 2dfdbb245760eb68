using System.CommandLine;

namespace CoDe.Cli.Jobs;

/// <summary>The gateway that a command calls.</summary>
internal static class GatewayOption
{
    public static Option<string> Create() => new("--gateway")
    {
        Description = "Address of the gateway's gRPC port.",
        DefaultValueFactory = _ => "http://localhost:50051",
    };
}
