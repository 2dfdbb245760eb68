using System.Net;
using System.Net.Sockets;
using CoDe.Hosting.Options;
using CoDe.Hosting.Startup;
using CoDe.Hosting.Tls;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;

namespace CoDe.Hosting.Listening;

/// <summary>
/// Listens for HTTP/1.1 on a port of its own, with TLS where a certificate is configured. Connections to that port are
/// marked and go through a pipeline with routes of its own: neither port can serve the other's, whatever a client or a
/// proxy writes into <c>Host</c>.
/// </summary>
public static class HttpPort
{
    /// <summary>Binds the HTTP port, if one is set, after the gRPC port, whose address is the first.</summary>
    internal static void AddHttpPort(this WebApplicationBuilder builder, ServiceOptions options)
    {
        if (options.HttpPortNumber is not { } port)
        {
            return;
        }

        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(GrpcPort.AddressOf(options.Host), port, listen =>
        {
            ConnectionSlots.Bound(listen);
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(next => connection =>
            {
                connection.Features.Set(HttpConnection.Mark);
                return next(connection);
            });
            kestrel.Tls()?.Use(listen);
        }));
    }

    /// <summary>
    /// Lets any free port take the place of a default HTTP port that is taken, so that several services of one kind can
    /// run on a machine. A port that was configured stays.
    /// </summary>
    public static void AllowAnotherHttpPort(this WebApplicationBuilder builder, ServiceOptions options)
    {
        if (options.HttpPortNumber is { } port && !options.HttpPortIsConfigured)
        {
            builder.Services.Configure<SocketTransportOptions>(sockets => sockets.CreateBoundListenSocket = endpoint
                => endpoint is IPEndPoint ip && ip.Port == port ? Listen(ip) : Default(endpoint));
        }
    }

    /// <summary>Serves requests to the HTTP port. Must come before anything else is added to the pipeline.</summary>
    /// <param name="service">The service, for the log.</param>
    public static void UseHttpPort(
        this WebApplication app, string service, ServiceOptions options, Action<IApplicationBuilder> serve)
    {
        if (options.HttpPortNumber is { } wanted)
        {
            app.MapWhen(http => http.Features.Get<HttpConnection>() is not null, serve);
            app.Lifetime.ApplicationStarted.Register(() =>
            {
                var address = app.Urls.Last();
                if (wanted != 0 && wanted != new Uri(address).Port)
                {
                    app.Logger.HttpPortTaken(service, wanted);
                }

                app.Logger.ServingHttp(service, address);
            });
        }

        // Added by default it would come before the branch and match gRPC's routes on both ports.
        app.UseRouting();
    }

    /// <summary>
    /// Listens at once: while none does, several processes can bind a port, and all but one of them fail later.
    /// </summary>
    private static Socket Listen(IPEndPoint endpoint)
    {
        Socket? socket = null;
        try
        {
            socket = Default(endpoint);
            socket.Listen();
            return socket;
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket?.Dispose();
            return Default(new IPEndPoint(endpoint.Address, 0));
        }
    }

    private static Socket Default(EndPoint endpoint) => SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);

    /// <summary>Marks a connection to the HTTP port.</summary>
    private sealed class HttpConnection
    {
        public static HttpConnection Mark { get; } = new();
    }
}
