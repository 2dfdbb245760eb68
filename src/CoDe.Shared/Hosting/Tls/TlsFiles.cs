using System.Security.Cryptography;

namespace CoDe.Hosting.Tls;

/// <summary>Checks the files that settings name.</summary>
internal static class TlsFiles
{
    public static IEnumerable<string> ProblemsOfCertificate(string section, string certificate, string key)
    {
        if (certificate.Length == 0 && key.Length == 0)
        {
            return [];
        }

        if (certificate.Length == 0 || key.Length == 0)
        {
            var missing = certificate.Length == 0 ? "Certificate" : "Key";
            return [$"{section}:{missing} is missing; a certificate needs Certificate and Key, each a PEM file"];
        }

        var problem = ProblemOf(() => CertificateSource.OfPem(certificate, key).Read());
        return problem is null
            ? []
            : [$"{section}:Certificate is {certificate} and {section}:Key is {key}: {problem}"];
    }

    /// <param name="key">Name of the setting.</param>
    public static IEnumerable<string> ProblemsOfAuthority(string key, string file)
        => file.Length > 0 && ProblemOf(() => CertificateAuthority.Load(file)) is { } problem
            ? [$"{key} is {file}: {problem}"]
            : [];

    /// <summary>Reads something.</summary>
    /// <returns>The reason why it cannot be read, or null.</returns>
    public static string? ProblemOf(Action read)
    {
        try
        {
            read();
            return null;
        }
        catch (Exception error) when (IsOfFiles(error))
        {
            return error.Message;
        }
    }

    /// <summary>Tells whether an error is of files that are missing, unreadable or not what they should be.</summary>
    public static bool IsOfFiles(Exception error)
        => error is IOException or UnauthorizedAccessException or CryptographicException or InvalidDataException
            or ArgumentException;
}
