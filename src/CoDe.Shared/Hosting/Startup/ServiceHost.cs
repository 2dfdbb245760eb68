using System.Net;
using System.Net.Sockets;
using CoDe.Flow;
using CoDe.Hosting.Lifecycle;
using CoDe.Hosting.Options;
using CoDe.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CoDe.Hosting.Startup;

/// <summary>What every service does the same: how it listens, what else it serves, and how it ends when it cannot start.</summary>
public static class ServiceHost
{
    /// <summary>What the configuration has to ask for: a line for every request, and what the services say themselves.</summary>
    private static readonly Dictionary<string, string> Quiet = new()
    {
        ["Microsoft.AspNetCore"] = "Warning",
        ["Microsoft.Hosting.Lifetime"] = "Warning",
        ["Microsoft.Extensions.Hosting.Internal.Host"] = "None",
        ["Microsoft.Extensions.Diagnostics.HealthChecks"] = "None",
        ["Grpc"] = "Warning",
    };

    private const int StreamWindow = 1 << 20;
    private const int ConnectionWindow = 8 * StreamWindow;

    /// <summary>Runs a service until it is told to end; with <c>--healthcheck</c> asks the one that runs how it is.</summary>
    /// <param name="name">Of the service and of its configuration section.</param>
    /// <param name="options">All that can be set.</param>
    /// <param name="create">Makes it of its command line.</param>
    /// <returns>The exit code: 0, or 1 with one line on the error stream that says what is wrong.</returns>
    public static async Task<int> RunAsync(string name, int defaultPort, string[] args, IEnumerable<OptionRow> options, Func<string[], WebApplication> create)
    {
        try
        {
            if (args.Contains("--help") || args.Contains("-h"))
            {
                await Console.Out.WriteAsync(OptionsText.Help(name, options)).ConfigureAwait(false);
                return 0;
            }

            string[] settings = [.. args.Where(each => each != HealthCheckCommand.Argument)];
            OptionsException.ThrowIfAny(CommandLine.Problems(settings, options));
            if (settings.Length < args.Length)
            {
                return await HealthCheckCommand.RunAsync(name, defaultPort, settings).ConfigureAwait(false);
            }

            await ServeAsync(name, create(args)).ConfigureAwait(false);
            return 0;
        }
        catch (Exception error) when (IsForUsers(error))
        {
            await Console.Error.WriteLineAsync($"{name}: {error.Message}").ConfigureAwait(false);
            return 1;
        }
    }

    /// <summary>gRPC with health and reflection on HTTP/2 without TLS.</summary>
    public static void AddService(this WebApplicationBuilder builder, ServiceOptions options)
    {
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = Quiet.Select(level => KeyValuePair.Create($"Logging:LogLevel:{level.Key}", (string?)level.Value)) });
        builder.Logging.AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat) = (true, "HH:mm:ss "));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.Http2.InitialStreamWindowSize = StreamWindow;
            kestrel.Limits.Http2.InitialConnectionWindowSize = ConnectionWindow;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(AddressOf(options.Host), options.Port, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddGrpc(grpc =>
        {
            (grpc.MaxReceiveMessageSize, grpc.MaxSendMessageSize) = (ServiceChannel.LargestMessage, null);
            grpc.Interceptors.Add<StatusMapping>();
            grpc.Interceptors.Add<WorkInterceptor>();
        });
        builder.Services.AddGrpcReflection();
        builder.Services.AddSingleton<Readiness>();
        builder.Services.AddHostedService<Drain>();
        builder.Services.AddGrpcHealthChecks().AddCheck<ReadinessCheck>("ready");
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(options.DrainSeconds));
    }

    public static void MapService(this WebApplication app)
    {
        app.MapGrpcHealthChecksService();
        app.MapGrpcReflectionService();
    }

    /// <summary>The port that a started service listens on for gRPC.</summary>
    public static int PortOf(WebApplication app) => new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    /// <summary>Binds the port, loads, says that the service can be used, and waits until it was told to end and has.</summary>
    private static async Task ServeAsync(string name, WebApplication app)
    {
        var isAbandoned = false;
        try
        {
            await BindAsync(app).ConfigureAwait(false);
            var bound = app.Urls.First();
            app.Logger.Loading(name, bound);
            await app.LoadAsync(app.Lifetime.ApplicationStopping).ConfigureAwait(false);
            app.Logger.Listening(name, bound);
            await app.WaitForShutdownAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Told to end while it loads: that takes minutes, uses what would be given back, and ends with the process.
            isAbandoned = true;
            await app.StopAsync().ConfigureAwait(false);
        }
        finally
        {
            if (!isAbandoned)
            {
                await app.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private static async Task BindAsync(WebApplication app)
    {
        try
        {
            await app.StartAsync().ConfigureAwait(false);
        }
        catch (SocketException error)
        {
            // Unlike that of a port in use, its message does not say what it is about.
            throw new IOException($"Cannot listen on the configured Host and Port: {error.Message}", error);
        }
    }

    /// <summary>What an option <c>Host</c> means.</summary>
    public static IPAddress AddressOf(string host) => host == "any" ? (Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any) : IPAddress.Parse(host);

    private static bool IsForUsers(Exception error) => error
        is InputException or IOException or InvalidDataException or UnauthorizedAccessException or PlatformNotSupportedException;
}

internal static partial class HostingLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "{Name} is loading, not ready yet: {Address}")]
    public static partial void Loading(this ILogger logger, string name, string address);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Name} listens on {Address}")]
    public static partial void Listening(this ILogger logger, string name, string address);
}
