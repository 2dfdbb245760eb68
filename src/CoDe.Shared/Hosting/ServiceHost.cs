using System.Net;
using System.Net.Sockets;
using CoDe.Compute.Cpu;
using CoDe.Flow;
using CoDe.Protocol;
using CoDe.Weights;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CoDe.Hosting;

/// <summary>What every service does the same: how it listens, what else it serves, and how it ends when it cannot start.</summary>
public static class ServiceHost
{
    /// <summary>Bytes of a message: a batch of edits brings some.</summary>
    private const int LargestMessage = 256 << 20;

    private const int StreamWindow = 1 << 20;
    private const int ConnectionWindow = 8 * StreamWindow;

    /// <summary>Runs a service until it is told to end; with <c>--healthcheck</c> asks the one that runs how it is.</summary>
    /// <param name="name">Of the service and of its configuration section.</param>
    /// <param name="options">For <c>--help</c>.</param>
    /// <param name="create">Makes it of its command line.</param>
    /// <returns>The exit code: 0, or 1 with one line on the error stream that says what is wrong.</returns>
    public static async Task<int> RunAsync(string name, int defaultPort, string[] args, IEnumerable<OptionRow> options, Func<string[], Task<WebApplication>> create)
    {
        try
        {
            if (args.Contains("--help") || args.Contains("-h"))
            {
                await Console.Out.WriteAsync(OptionsText.Help(name, options)).ConfigureAwait(false);
                return 0;
            }

            if (args.Contains(HealthProbe.Argument))
            {
                return await HealthProbe.RunAsync(name, defaultPort, args).ConfigureAwait(false);
            }

            await using var app = await create(args).ConfigureAwait(false);
            await app.StartAsync().ConfigureAwait(false);
            var address = app.Urls.First();
            app.Logger.Listening(name, address);
            await app.WaitForShutdownAsync().ConfigureAwait(false);
            return 0;
        }
        catch (Exception error) when (IsForUsers(error))
        {
            await Console.Error.WriteLineAsync($"{name}: {error.Message}").ConfigureAwait(false);
            return 1;
        }
    }

    /// <summary>A stage as a service of its own, on its own device: loaded, warm and ready to start.</summary>
    /// <param name="add">Adds the stage, which finds the <see cref="Device"/> among the services.</param>
    /// <param name="map">Warms the stage up and serves it.</param>
    public static WebApplication CreateStage(string[] args, string section, int defaultPort, Action<WebApplicationBuilder, StageOptions> add, Action<WebApplication> map)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        var options = builder.Configuration.StageOptions(section, defaultPort);
        builder.AddService(options);
        builder.Services.AddSingleton(_ => new Device(CpuBackend.Create(options.Device.ToCpuOptions()), options.QueueLimit));
        add(builder, options);
        var app = builder.Build();
        app.MapService();
        map(app);
        return app;
    }

    /// <summary>gRPC with health and reflection on HTTP/2 without TLS.</summary>
    public static void AddService(this WebApplicationBuilder builder, StageOptions options)
    {
        // Lines for every request, of which probes make some a second, only where the configuration asks for them; why a start failed is told in one line, not by the host.
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource
        {
            InitialData = [new("Logging:LogLevel:Microsoft.AspNetCore", "Warning"), new("Logging:LogLevel:Microsoft.Extensions.Hosting.Internal.Host", "None")],
        });
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
            (grpc.MaxReceiveMessageSize, grpc.MaxSendMessageSize) = (LargestMessage, null);
            grpc.Interceptors.Add<DrainInterceptor>();
            grpc.Interceptors.Add<StatusMapping>();
        });
        builder.Services.AddGrpcReflection();
        builder.Services.AddGrpcHealthChecks().AddCheck("ready", () => HealthCheckResult.Healthy());
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(options.DrainSeconds));
    }

    public static void MapService(this WebApplication app)
    {
        app.MapGrpcHealthChecksService();
        app.MapGrpcReflectionService();
    }

    /// <summary>Reads and checks options.</summary>
    /// <exception cref="OptionsException">Something in them is wrong.</exception>
    public static StageOptions StageOptions(this IConfiguration configuration, string section, int defaultPort)
    {
        var options = new StageOptions { Port = defaultPort };
        Bind(configuration, section, options);
        OptionsException.ThrowIfAny(options.Problems(section));
        return options;
    }

    public static void Bind(IConfiguration configuration, string section, object options)
    {
        try
        {
            configuration.GetSection(section).Bind(options, binder => binder.ErrorOnUnknownConfiguration = true);
        }
        catch (InvalidOperationException error)
        {
            throw new OptionsException([$"{section}: {error.Message}{(error.InnerException is { } inner ? $" {inner.Message}" : "")}"]);
        }
    }

    /// <summary>The port that a started service listens on for gRPC.</summary>
    public static int PortOf(WebApplication app) => new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    /// <summary>What an option <c>Host</c> means.</summary>
    public static IPAddress AddressOf(string host) => host == "any" ? (Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any) : IPAddress.Parse(host);

    private static bool IsForUsers(Exception error) => error
        is OptionsException or CheckpointException or InvalidSettingException or IOException or SocketException or UnauthorizedAccessException or PlatformNotSupportedException;
}

/// <summary>Options are wrong; the message names each with what would be right.</summary>
public sealed class OptionsException(IReadOnlyList<string> problems) : Exception(string.Join("; ", problems))
{
    /// <exception cref="OptionsException">There are problems.</exception>
    public static void ThrowIfAny(IEnumerable<string> problems)
    {
        var all = problems.ToArray();
        if (all.Length > 0)
        {
            throw new OptionsException(all);
        }
    }
}

internal static partial class HostingLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "{Name} listens on {Address}")]
    public static partial void Listening(this ILogger logger, string name, string address);
}
