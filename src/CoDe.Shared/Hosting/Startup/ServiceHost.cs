using System.Net.Sockets;
using CoDe.Flow;
using CoDe.Hosting.Lifecycle;
using CoDe.Hosting.Options;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CoDe.Hosting.Startup;

/// <summary>Runs a service program: from its command line to its exit code.</summary>
public static class ServiceHost
{
    /// <summary>Runs a service until it is told to end; with <c>--healthcheck</c> asks the one that runs how it is.</summary>
    /// <param name="name">Of the service and of its configuration section.</param>
    /// <param name="options">All that can be set.</param>
    /// <param name="create">Makes it of its command line.</param>
    /// <returns>The exit code: 0, or 1 with one line on the error stream that says what is wrong.</returns>
    public static async Task<int> RunAsync(
        string name, int defaultPort, string[] args, IEnumerable<OptionRow> options, Func<string[], WebApplication> create)
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

    /// <summary>The port that a started service listens on for gRPC.</summary>
    public static int PortOf(WebApplication app)
    {
        var server = app.Services.GetRequiredService<IServer>();
        return new Uri(server.Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
    }

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

    private static bool IsForUsers(Exception error) => error
        is InputException or IOException or InvalidDataException or UnauthorizedAccessException or PlatformNotSupportedException;
}
