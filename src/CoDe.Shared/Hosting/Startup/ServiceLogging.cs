using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry.Logs;

namespace CoDe.Hosting.Startup;

/// <summary>Logs to the console, a line a message.</summary>
internal static class ServiceLogging
{
    /// <summary>Default log levels: no line for each request, and no message that a service logs itself.</summary>
    private static readonly Dictionary<string, string?> Quiet = new()
    {
        ["Logging:LogLevel:Microsoft.AspNetCore"] = "Warning",
        ["Logging:LogLevel:Microsoft.Hosting.Lifetime"] = "Warning",
        ["Logging:LogLevel:Microsoft.Extensions.Hosting.Internal.Host"] = "None",
        ["Logging:LogLevel:Microsoft.Extensions.Diagnostics.HealthChecks"] = "None",
        ["Logging:LogLevel:Grpc"] = "Warning",
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
