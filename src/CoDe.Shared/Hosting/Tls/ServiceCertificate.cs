using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace CoDe.Hosting.Tls;

/// <summary>A certificate with its private key and intermediates, as a service presents it.</summary>
internal sealed class ServiceCertificate
{
    private ServiceCertificate(X509Certificate2 leaf, X509Certificate2Collection intermediates)
    {
        Leaf = leaf;
        // Fetches nothing from the network.
        Context = SslStreamCertificateContext.Create(leaf, intermediates, offline: true);
    }

    public X509Certificate2 Leaf { get; }

    /// <summary>Gets what handshakes send.</summary>
    public SslStreamCertificateContext Context { get; }

    /// <summary>Gets the first DNS name of the certificate; null where it has none.</summary>
    public string? Name => Leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>()
        .SelectMany(names => names.EnumerateDnsNames()).FirstOrDefault();

    /// <param name="password">Password of an encrypted key; empty for one that is not.</param>
    /// <exception cref="System.Security.Cryptography.CryptographicException">They do not fit each other.</exception>
    public static ServiceCertificate OfPem(byte[] certificate, byte[] key, string password = "")
    {
        var (chain, secret) = (Encoding.ASCII.GetString(certificate), Encoding.ASCII.GetString(key));
        var leaf = password.Length == 0
            ? X509Certificate2.CreateFromPem(chain, secret)
            : X509Certificate2.CreateFromEncryptedPem(chain, secret, password);
        var all = new X509Certificate2Collection();
        all.ImportFromPem(chain);
        return new ServiceCertificate(leaf, [.. all.Skip(1)]);
    }

    /// <exception cref="InvalidDataException">It holds no certificate with a private key.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">
    /// It is no PKCS #12, or the password is wrong.
    /// </exception>
    public static ServiceCertificate OfPkcs12(byte[] file, string password)
    {
        var all = X509CertificateLoader.LoadPkcs12Collection(file, password);
        var leaf = all.FirstOrDefault(each => each.HasPrivateKey)
            ?? throw new InvalidDataException("it holds no certificate with a private key");
        return new ServiceCertificate(leaf, [.. all.Where(each => each != leaf)]);
    }

    public bool IsSameAs(X509Certificate2 other) => Leaf.RawDataMemory.Span.SequenceEqual(other.RawDataMemory.Span);
}
