using CoDe.Hosting.Options;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace CoDe.Hosting.Tls;

/// <summary>Finds the certificate of a service: that of its own settings, or else that of Kestrel's.</summary>
/// <param name="paths">Files that are read together.</param>
/// <param name="read">Makes the certificate of the bytes of each file.</param>
internal sealed class CertificateSource(
    IReadOnlyList<string> paths, Func<IReadOnlyList<byte[]>, ServiceCertificate> read)
{
    /// <summary>Kestrel's section of a certificate for all ports.</summary>
    public const string KestrelSection = "Kestrel:Certificates:Default";

    /// <returns>Null where no certificate is configured.</returns>
    /// <exception cref="OptionsException">Kestrel's settings are wrong.</exception>
    public static CertificateSource? Find(TlsOptions options, IConfiguration configuration)
        => options.Certificate.Length > 0
            ? OfPem(options.Certificate, options.Key)
            : FindKestrels(configuration.GetSection(KestrelSection));

    /// <param name="password">Password of an encrypted key; empty for one that is not.</param>
    public static CertificateSource OfPem(string certificate, string key, string password = "")
        => new([certificate, key], files => ServiceCertificate.OfPem(files[0], files[1], password));

    /// <exception cref="IOException">A file cannot be read.</exception>
    public ServiceCertificate Read() => read([.. paths.Select(File.ReadAllBytes)]);

    /// <summary>Makes a certificate that is read again when its files change.</summary>
    public FileValue<ServiceCertificate> Follow(TimeProvider time, ILogger logger) => new(paths, read, time, logger);

    /// <summary>
    /// Reads Kestrel's settings, whose certificate Kestrel itself would not replace on ports that are bound by code.
    /// </summary>
    private static CertificateSource? FindKestrels(IConfigurationSection section)
    {
        var (path, key, password) = (section["Path"], section["KeyPath"], section["Password"] ?? "");
        if (string.IsNullOrEmpty(path))
        {
            OptionsException.ThrowIfAny(section.GetChildren().Where(each => !string.IsNullOrEmpty(each.Value))
                .Select(each => $"{each.Path} needs {KestrelSection}:Path; allowed: Path, KeyPath and Password"));
            return null;
        }

        var source = string.IsNullOrEmpty(key)
            ? new CertificateSource([path], files => ServiceCertificate.OfPkcs12(files[0], password))
            : OfPem(path, key, password);
        if (TlsFiles.ProblemOf(() => source.Read()) is { } problem)
        {
            throw new OptionsException([$"{KestrelSection}:Path is {path}: {problem}"]);
        }

        return source;
    }
}
