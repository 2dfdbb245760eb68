using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Logging;

namespace CoDe.Hosting.Tls;

/// <summary>Authorities whose certificates are accepted, whatever the system trusts.</summary>
internal sealed class CertificateAuthority
{
    private static readonly Oid ServerUsage = new("1.3.6.1.5.5.7.3.1");
    private static readonly Oid ClientUsage = new("1.3.6.1.5.5.7.3.2");

    private readonly X509Certificate2Collection _certificates = [];

    private CertificateAuthority(string pem)
    {
        _certificates.ImportFromPem(pem);
        if (_certificates.Count == 0)
        {
            throw new InvalidDataException("it holds no certificate in PEM");
        }
    }

    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">It holds no certificate.</exception>
    public static CertificateAuthority Load(string file) => OfPem(File.ReadAllBytes(file));

    /// <summary>Makes authorities that are read again when their file changes.</summary>
    public static FileValue<CertificateAuthority> Follow(string file, TimeProvider time, ILogger logger)
        => new([file], files => OfPem(files[0]), time, logger);

    /// <summary>Makes the policy by which certificates of servers are checked.</summary>
    public X509ChainPolicy PolicyForServers() => PolicyFor(ServerUsage);

    /// <summary>Makes the policy by which certificates of clients are checked.</summary>
    public X509ChainPolicy PolicyForClients() => PolicyFor(ClientUsage);

    /// <summary>Checks the certificate of a client.</summary>
    /// <param name="intermediates">Certificates that the client sent with it.</param>
    /// <returns>
    /// The reason to refuse it, null where it is accepted; and the moment at which its chain expires.
    /// </returns>
    public (string? Problem, DateTimeOffset Until) Check(
        X509Certificate2 certificate, X509Certificate2Collection intermediates)
    {
        using var chain = new X509Chain { ChainPolicy = PolicyForClients() };
        chain.ChainPolicy.ExtraStore.AddRange(intermediates);
        var problem = chain.Build(certificate)
            ? null
            : string.Join(", ", chain.ChainStatus.Select(each => each.Status).Distinct());
        return (problem, chain.ChainElements.Select(each => new DateTimeOffset(each.Certificate.NotAfter)).Min());
    }

    private static CertificateAuthority OfPem(byte[] pem) => new(Encoding.ASCII.GetString(pem));

    /// <summary>A usage that the certificate does not restrict is allowed, as in RFC 5280.</summary>
    private X509ChainPolicy PolicyFor(Oid usage)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            ApplicationPolicy = { usage },
        };
        policy.CustomTrustStore.AddRange(_certificates);
        return policy;
    }
}
