using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CoDe.Hosting.Tls;

/// <summary>TLS to other services, with files as they are at each handshake.</summary>
public sealed class PeerTls
{
    private readonly FileValue<ServiceCertificate>? _certificate;
    private readonly FileValue<CertificateAuthority>? _authority;
    private readonly ServiceCertificate? _self;

    private PeerTls(
        FileValue<ServiceCertificate>? certificate, FileValue<CertificateAuthority>? authority,
        ServiceCertificate? self = null)
    {
        _certificate = certificate;
        _authority = authority;
        _self = self;
    }

    /// <summary>Gets whether a certificate or an authority is set.</summary>
    public bool IsSet => _certificate is not null || _authority is not null;

    /// <summary>Gets the certificate that is presented; null where there is none.</summary>
    internal ServiceCertificate? Certificate => _self ?? _certificate?.Current;

    /// <param name="options">Valid options.</param>
    public static PeerTls Create(PeerOptions options, ILogger logger) => new(
        options.HasCertificate
            ? CertificateSource.OfPem(options.Certificate, options.Key).Follow(TimeProvider.System, logger)
            : null,
        options.Authority.Length > 0
            ? CertificateAuthority.Follow(options.Authority, TimeProvider.System, logger)
            : null);

    /// <summary>Trusts the authorities of a file, and presents no certificate.</summary>
    /// <param name="authority">A PEM file; null for the authorities of the system.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">It holds no certificate.</exception>
    public static PeerTls Trusting(string? authority)
    {
        var file = authority is null
            ? null
            : CertificateAuthority.Follow(authority, TimeProvider.System, NullLogger.Instance);
        return new PeerTls(null, file);
    }

    /// <summary>Trusts a service's own certificate alone, and presents it: for a service that asks itself.</summary>
    internal static PeerTls ToItself(ServiceCertificate self) => new(null, null, self);

    /// <summary>Connects to a server and checks that its certificate is of a name.</summary>
    /// <param name="name">Name or address in the server's certificate, whichever address it is reached by.</param>
    /// <exception cref="System.Security.Authentication.AuthenticationException">The certificate is refused.</exception>
    public async ValueTask<Stream> ConnectAsync(DnsEndPoint address, string name, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address, cancellation).ConfigureAwait(false);
            var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
            var options = OptionsFor(name);
            options.ApplicationProtocols = [SslApplicationProtocol.Http2];
            await stream.AuthenticateAsClientAsync(options, cancellation).ConfigureAwait(false);
            return stream;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Makes the options of a handshake with a server of a name.</summary>
    public SslClientAuthenticationOptions OptionsFor(string name)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = name };
        Configure(options);
        if (_self is not null)
        {
            options.RemoteCertificateValidationCallback = IsItself;
        }

        return options;
    }

    /// <summary>Configures a handshake with a server; without a name, with one that has this certificate's.</summary>
    public void Configure(SslClientAuthenticationOptions options)
    {
        options.TargetHost ??= Certificate?.Name;
        options.ClientCertificateContext = Certificate?.Context;
        options.CertificateChainPolicy = _authority?.Current.PolicyForServers();
    }

    /// <summary>Configures a handshake with a client, which must present a certificate.</summary>
    public void Configure(SslServerAuthenticationOptions options)
    {
        options.ServerCertificateContext = Certificate!.Context;
        options.ClientCertificateRequired = true;
        options.CertificateChainPolicy = _authority!.Current.PolicyForClients();
    }

    /// <summary>Tells whether a certificate has a name of the one that is presented here.</summary>
    public bool SharesName(X509Certificate2 other) => Certificate?.Name is { } name && other.MatchesHostname(name);

    private bool IsItself(object sender, X509Certificate? presented, X509Chain? chain, SslPolicyErrors errors)
        => presented is X509Certificate2 certificate && _self!.IsSameAs(certificate);
}
