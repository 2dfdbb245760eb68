using System.CommandLine;

namespace CoDe.Cli.Jobs;

/// <summary>The gateway that a command calls.</summary>
internal sealed class GatewayOption() : Option<string>("--gateway")
{
    public static GatewayOption Create() => new()
    {
        Description = "Address of the gateway's gRPC port.",
        DefaultValueFactory = _ => "http://localhost:50051",
    };
}
