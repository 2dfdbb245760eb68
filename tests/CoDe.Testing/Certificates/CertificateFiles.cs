using System.Security.Cryptography.X509Certificates;

namespace CoDe.Testing.Certificates;

/// <summary>PEM files of a certificate with its intermediates, and of its key.</summary>
public sealed record CertificateFiles(string Certificate, string Key)
{
    /// <summary>Gets the thumbprint of the certificate.</summary>
    public string Thumbprint
    {
        get
        {
            using var certificate = X509CertificateLoader.LoadCertificateFromFile(Certificate);
            return certificate.Thumbprint;
        }
    }

    /// <summary>Loads the certificate with its key.</summary>
    public X509Certificate2 Load() => X509Certificate2.CreateFromPemFile(Certificate, Key);

    /// <summary>Takes the place of other files, as a tool does that renews certificates.</summary>
    public void Replace(CertificateFiles other)
    {
        Replace(Key, other.Key);
        Replace(Certificate, other.Certificate);
    }

    /// <summary>Takes the place of another file, whole.</summary>
    public static void Replace(string file, string other)
    {
        File.Copy(file, $"{other}.new", overwrite: true);
        File.Move($"{other}.new", other, overwrite: true);
    }
}
