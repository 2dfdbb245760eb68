using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CoDe.Testing.Certificates;

/// <summary>An authority that lasts as long as a test, with a folder for what it issues.</summary>
public sealed class TestAuthority : IDisposable
{
    /// <summary>Usage of servers.</summary>
    public const string Server = "1.3.6.1.5.5.7.3.1";

    /// <summary>Usage of clients.</summary>
    public const string Client = "1.3.6.1.5.5.7.3.2";

    private readonly string _folder = Directory.CreateTempSubdirectory("code-tls-").FullName;
    private readonly X509Certificate2 _root;
    private int _issued;

    public TestAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _root = Authority("CN=Test authority", key).CreateSelfSigned(Now.AddDays(-30), Now.AddDays(30));
        File = NewFile("authority", _root.ExportCertificatePem());
    }

    /// <summary>PEM file of the authority.</summary>
    public string File { get; }

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    /// <summary>Issues a certificate for localhost and 127.0.0.1, for servers and clients.</summary>
    public CertificateFiles Issue() => Issue("localhost", [Server, Client]);

    /// <summary>Issues a certificate for a name and 127.0.0.1.</summary>
    public CertificateFiles Issue(string name, params string[] usages)
        => Issue(name, usages, Now.AddDays(-1), Now.AddDays(1));

    /// <summary>Issues a certificate that has expired.</summary>
    public CertificateFiles IssueExpired() => IssueUntil(Now.AddDays(-1));

    /// <summary>Issues a certificate that expires soon.</summary>
    public CertificateFiles IssueFor(TimeSpan time) => IssueUntil(Now + time);

    /// <summary>Issues a certificate through an intermediate authority, which its file holds too.</summary>
    public CertificateFiles IssueByIntermediate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = Authority("CN=Test intermediate", key)
            .Create(_root, Now.AddDays(-20), Now.AddDays(20), Serial());
        using var intermediate = certificate.CopyWithPrivateKey(key);
        return Write(intermediate, "localhost", [Server, Client], Now.AddDays(-1), Now.AddDays(1), intermediate);
    }

    /// <summary>Writes a certificate and its key as PKCS #12.</summary>
    public string Pkcs12(CertificateFiles files, string password)
    {
        using var certificate = X509Certificate2.CreateFromPemFile(files.Certificate, files.Key);
        var path = Path.Combine(_folder, $"{++_issued}.pfx");
        System.IO.File.WriteAllBytes(path, certificate.Export(X509ContentType.Pkcs12, password));
        return path;
    }

    /// <summary>Writes a file that goes with the authority.</summary>
    /// <returns>Its path.</returns>
    public string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        System.IO.File.WriteAllText(path, text);
        return path;
    }

    public void Dispose()
    {
        _root.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private CertificateFiles IssueUntil(DateTimeOffset end)
        => Issue("localhost", [Server, Client], Now.AddDays(-2), end);

    private CertificateFiles Issue(string name, string[] usages, DateTimeOffset start, DateTimeOffset end)
        => Write(_root, name, usages, start, end, null);

    private CertificateFiles Write(
        X509Certificate2 issuer, string name, string[] usages, DateTimeOffset start, DateTimeOffset end,
        X509Certificate2? intermediate)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        var oids = new OidCollection();
        Array.ForEach(usages, usage => oids.Add(new Oid(usage)));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(oids, false));
        using var certificate = request.Create(issuer, start, end, Serial());
        var chain = intermediate is null ? "" : $"\n{intermediate.ExportCertificatePem()}";
        return new CertificateFiles(
            NewFile("certificate", certificate.ExportCertificatePem() + chain),
            NewFile("key", key.ExportPkcs8PrivateKeyPem()));
    }

    private static CertificateRequest Authority(string subject, ECDsa key)
    {
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        return request;
    }

    private static byte[] Serial() => RandomNumberGenerator.GetBytes(16);

    private string NewFile(string name, string pem) => Write($"{++_issued}-{name}.pem", pem);
}
