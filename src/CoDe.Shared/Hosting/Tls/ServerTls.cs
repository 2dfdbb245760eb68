using System.Net.Security;
using CoDe.Hosting.Options;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CoDe.Hosting.Tls;

/// <summary>TLS of a service's ports, with files as they are at each handshake.</summary>
/// <param name="certificate">What the ports present.</param>
/// <param name="clients">Authorities of the callers of the gRPC port; null to ask for no certificate.</param>
internal sealed class ServerTls(
    FileValue<ServiceCertificate> certificate, FileValue<CertificateAuthority>? clients, ILogger<ServerTls> logger)
{
    public ServiceCertificate Certificate => certificate.Current;

    /// <summary>Gets the authorities of callers; only where they are asked for a certificate.</summary>
    public CertificateAuthority Clients => clients!.Current;

    public ILogger Logger => logger;

    /// <summary>Presents the certificate on a port.</summary>
    public void Use(ListenOptions listen)
        => listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => new(Options()) });

    /// <summary>Presents the certificate on a port and asks callers for theirs, if an authority is set.</summary>
    public void UseWithClients(ListenOptions listen)
    {
        if (clients is null)
        {
            Use(listen);
            return;
        }

        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = context =>
            {
                var caller = new CallerCertificate(this);
                context.Connection.Features.Set(caller);
                var options = Options();
                options.ClientCertificateRequired = true;
                options.RemoteCertificateValidationCallback = (_, presented, chain, _)
                    => caller.Accept(presented, chain);
                return new(options);
            },
        });
    }

    private SslServerAuthenticationOptions Options()
        => new() { ServerCertificateContext = Certificate.Context };
}

/// <summary>Adds TLS to a service.</summary>
internal static class ServerTlsSetup
{
    /// <summary>Adds TLS where a certificate is configured. Must come before the ports.</summary>
    /// <exception cref="OptionsException">The certificate cannot be used, or is missing.</exception>
    public static void AddServerTls(this WebApplicationBuilder builder, TlsOptions options)
    {
        if (CertificateSource.Find(options, builder.Configuration) is not { } source)
        {
            if (options.ClientAuthority.Length > 0)
            {
                throw new OptionsException(
                    [$"Tls:ClientAuthority is {options.ClientAuthority}; it needs Tls:Certificate and Tls:Key, "
                        + $"or {CertificateSource.KestrelSection}"]);
            }

            return;
        }

        builder.Services.AddSingleton(services =>
        {
            var logger = services.GetRequiredService<ILogger<ServerTls>>();
            var clients = options.ClientAuthority.Length > 0
                ? CertificateAuthority.Follow(options.ClientAuthority, TimeProvider.System, logger)
                : null;
            return new ServerTls(source.Follow(TimeProvider.System, logger), clients, logger);
        });
    }

    /// <summary>Gets the TLS of the service that a server belongs to; null where it has none.</summary>
    public static ServerTls? Tls(this KestrelServerOptions kestrel)
        => kestrel.ApplicationServices.GetService<ServerTls>();
}
