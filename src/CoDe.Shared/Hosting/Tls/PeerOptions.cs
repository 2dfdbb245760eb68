using System.ComponentModel;

namespace CoDe.Hosting.Tls;

/// <summary>Settings of TLS to other services, and between services of one kind.</summary>
public sealed class PeerOptions
{
    [Description(
        "PEM file of the certificate that this gateway presents to stages, Redis and other gateways, followed by its "
        + "intermediates. It needs the usages clientAuth and serverAuth, and a name that all gateways share.")]
    public string Certificate { get; set; } = "";

    [Description("PEM file of the certificate's private key.")]
    public string Key { get; set; } = "";

    [Description(
        "PEM file of authorities: stages, Redis and other gateways must present a certificate of one. Empty for those "
        + "of the system.")]
    public string Authority { get; set; } = "";

    /// <summary>Gets whether anything is set.</summary>
    public bool IsSet => Certificate.Length > 0 || Key.Length > 0 || Authority.Length > 0;

    /// <summary>Gets whether a certificate is presented; then an authority is set too.</summary>
    public bool HasCertificate => Certificate.Length > 0;

    /// <summary>Finds every invalid setting: its key, its value and what is allowed.</summary>
    public IEnumerable<string> Problems(string section)
    {
        foreach (var problem in TlsFiles.ProblemsOfCertificate(section, Certificate, Key))
        {
            yield return problem;
        }

        foreach (var problem in TlsFiles.ProblemsOfAuthority($"{section}:{nameof(Authority)}", Authority))
        {
            yield return problem;
        }

        if (HasCertificate && Authority.Length == 0)
        {
            yield return $"{section}:Authority is missing; {section}:Certificate needs the authority of its peers";
        }
    }
}
