using System.ComponentModel;

namespace CoDe.Hosting.Tls;

/// <summary>Settings of TLS on the ports of a service.</summary>
public sealed class TlsOptions
{
    [Description(
        "PEM file of the certificate that both ports present, followed by its intermediates; read again when it "
        + "changes. Empty for ports without TLS.")]
    public string Certificate { get; set; } = "";

    [Description("PEM file of the certificate's private key.")]
    public string Key { get; set; } = "";

    [Description(
        "PEM file of authorities: callers of the gRPC port must present a certificate of one. Empty to ask for none. "
        + "The HTTP port never asks.")]
    public string ClientAuthority { get; set; } = "";

    internal IEnumerable<string> Problems(string section)
    {
        var certificate = TlsFiles.ProblemsOfCertificate(section, Certificate, Key);
        var clients = TlsFiles.ProblemsOfAuthority($"{section}:{nameof(ClientAuthority)}", ClientAuthority);
        return certificate.Concat(clients);
    }
}
