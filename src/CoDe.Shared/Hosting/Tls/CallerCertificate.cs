using System.Security.Cryptography.X509Certificates;
using CoDe.Flow;

namespace CoDe.Hosting.Tls;

/// <summary>
/// The certificate that a caller presented on a connection. It is checked when it comes, and again for a call once the
/// authorities or the service's certificate were replaced or its chain has expired.
/// </summary>
internal sealed class CallerCertificate(ServerTls tls)
{
    private readonly X509Certificate2Collection _intermediates = [];
    private X509Certificate2? _certificate;
    private Verdict? _last;

    /// <summary>Decides about a handshake, once.</summary>
    public bool Accept(X509Certificate? presented, X509Chain? chain)
    {
        if (presented is null)
        {
            return false;
        }

        // Copies, since the handshake disposes of its own.
        _certificate = X509CertificateLoader.LoadCertificate(presented.GetRawCertData());
        foreach (var each in chain?.ChainPolicy.ExtraStore ?? [])
        {
            _intermediates.Add(X509CertificateLoader.LoadCertificate(each.RawData));
        }

        var problem = Problem();
        if (problem is not null)
        {
            tls.Logger.HandshakeRefused(this, problem);
        }

        return problem is null;
    }

    /// <summary>Decides about a call.</summary>
    /// <returns>The reason to refuse it; null where it is accepted.</returns>
    public string? Problem()
    {
        if (_certificate is null)
        {
            return "none was presented";
        }

        var (authority, own, last) = (tls.Clients, tls.Certificate, Volatile.Read(ref _last));
        var now = TimeProvider.System.GetUtcNow();
        if (last is null || last.Authority != authority || last.Own != own || now >= last.Until)
        {
            var (problem, until) = Check(authority, own);
            last = new Verdict(authority, own, problem, problem is null ? until : DateTimeOffset.MaxValue);
            Volatile.Write(ref _last, last);
        }

        return last.Problem;
    }

    public void LogRefusal(string problem) => tls.Logger.CallRefused(this, problem);

    /// <summary>Tells who the caller is, in a log.</summary>
    public override string ToString() => Printable.Of(_certificate?.Subject ?? "");

    /// <summary>Accepts the service's own certificate too: with it a service asks itself for its health.</summary>
    private (string? Problem, DateTimeOffset Until) Check(CertificateAuthority authority, ServiceCertificate own)
        => own.IsSameAs(_certificate!)
            ? (null, DateTimeOffset.MaxValue)
            : authority.Check(_certificate!, _intermediates);

    private sealed record Verdict(
        CertificateAuthority Authority, ServiceCertificate Own, string? Problem, DateTimeOffset Until);
}
