using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using CoDe.Flow;
using CoDe.Hosting.Lifecycle;
using CoDe.Hosting.Options;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CoDe.Hosting.Startup;

/// <summary>Runs a service program: from its command line to its exit code.</summary>
public static class ServiceHost
{
    /// <summary>Runs a service until shutdown; with <c>--healthcheck</c> checks the running one instead.</summary>
    /// <param name="name">Name of the service and of its configuration section.</param>
    /// <param name="options">All settings, for <c>--help</c>.</param>
    /// <param name="create">Creates the service from its command line.</param>
    /// <returns>The exit code: 0, or another with one line on the error stream that names the error.</returns>
    public static async Task<int> RunAsync(
        string name, int defaultPort, string[] args, IEnumerable<OptionRow> options,
        Func<string[], WebApplication> create)
    {
        using var early = new EarlyShutdown();
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

            await ServeAsync(name, create(args), early.Asked).ConfigureAwait(false);
            return 0;
        }
        catch (Exception error)
        {
            return await ErrorLine.WriteAsync(name, error).ConfigureAwait(false);
        }
    }

    /// <summary>Gets the gRPC port of a started service.</summary>
    public static int PortOf(WebApplication app) => PortOf(app.Services.GetRequiredService<IServer>());

    /// <inheritdoc cref="PortOf(WebApplication)"/>
    public static int PortOf(IServer server)
        => new Uri(server.Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    /// <summary>Binds the ports, loads, logs that the service listens, and waits for its shutdown.</summary>
    /// <param name="end">Ends with a signal that came before the host listened for one, or after.</param>
    private static async Task ServeAsync(string name, WebApplication app, CancellationToken end)
    {
        using var stops = end.UnsafeRegister(
            static lifetime => ((IHostApplicationLifetime)lifetime!).StopApplication(), app.Lifetime);
        var isAbandoned = false;
        try
        {
            await BindAsync(name, app).ConfigureAwait(false);
            var bound = app.Urls.First();
            app.Logger.Loading(name, bound);
            await app.LoadAsync(app.Lifetime.ApplicationStopping).ConfigureAwait(false);
            app.Logger.Listening(name, bound);
            await WaitForEndAsync(app).ConfigureAwait(false);
        }
        catch (DeviceFailedException)
        {
            // What would be freed is on the device, which fails that too.
            isAbandoned = true;
            throw;
        }
        catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Shutdown began while models load, or before. Loading takes minutes and uses what disposing would free, so
            // neither is awaited; both end with the process.
            isAbandoned = true;
            await app.StopAsync(CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            if (!isAbandoned)
            {
                await app.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Waits for shutdown, or for the failure of a part that the service cannot do without.</summary>
    /// <exception cref="DeviceFailedException">The device failed; accepted calls have ended.</exception>
    private static async Task WaitForEndAsync(WebApplication app)
    {
        var ended = app.WaitForShutdownAsync();
        var failed = app.Services.GetRequiredService<Readiness>().WhenFailed;
        if (await Task.WhenAny(ended, failed).ConfigureAwait(false) == failed)
        {
            await app.StopAsync().ConfigureAwait(false);
            ExceptionDispatchInfo.Throw(await failed.ConfigureAwait(false));
        }

        await ended.ConfigureAwait(false);
    }

    private static async Task BindAsync(string name, WebApplication app)
    {
        try
        {
            await app.StartAsync().ConfigureAwait(false);
        }
        catch (IOException error) when (error.InnerException is AddressInUseException)
        {
            throw new IOException($"{error.Message} {name}:Port and {name}:HttpPort set other ports.", error);
        }
        catch (SocketException error)
        {
            // Unlike that of a port in use, its message does not say what it is about.
            throw new IOException($"Cannot listen on the configured Host and Port: {error.Message}", error);
        }
    }
}
