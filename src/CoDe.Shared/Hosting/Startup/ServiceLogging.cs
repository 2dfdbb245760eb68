using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry.Logs;

namespace CoDe.Hosting.Startup;

/// <summary>Logs to the console, a line a message.</summary>
internal static class ServiceLogging
{
    /// <summary>
    /// Default log levels: no line for each request, no message that a service logs itself, and no error for what only
    /// a client does wrong. Kestrel reports broken HTTP/2 up to the level critical; the library of gRPC reports a
    /// message that cannot be read as it does a fault of the service.
    /// </summary>
    private static readonly Dictionary<string, string?> Quiet = new()
    {
        ["Logging:LogLevel:Microsoft.AspNetCore"] = "Warning",
        ["Logging:LogLevel:Microsoft.Hosting.Lifetime"] = "Warning",
        ["Logging:LogLevel:Microsoft.Extensions.Hosting.Internal.Host"] = "None",
        ["Logging:LogLevel:Microsoft.Extensions.Diagnostics.HealthChecks"] = "None",
        ["Logging:LogLevel:Microsoft.AspNetCore.Server.Kestrel.Http2"] = "None",
        ["Logging:LogLevel:Grpc"] = "Warning",
        ["Logging:LogLevel:Grpc.AspNetCore.Server.ServerCallHandler"] = "None",
    };

    /// <summary>Messages that quote what a client sent and is no request, such as a line with its key.</summary>
    private const string Quoting = "Microsoft.AspNetCore.Server.Kestrel.BadRequests";

    public static void AddServiceLogging(this WebApplicationBuilder builder)
    {
        // The first source is the weakest.
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = Quiet });
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss ";
        });

        // A level of one provider would count more than that of all.
        builder.Logging.AddFilter(Quoting, LogLevel.None);
        builder.Logging.AddFilter<ConsoleLoggerProvider>(Quoting, LogLevel.None);
        builder.Logging.AddFilter<OpenTelemetryLoggerProvider>(Quoting, LogLevel.None);
    }
}
