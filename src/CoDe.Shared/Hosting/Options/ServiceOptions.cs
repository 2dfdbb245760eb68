using System.ComponentModel;
using System.Net;
using CoDe.Flow;
using CoDe.Hosting.Tls;

namespace CoDe.Hosting.Options;

/// <summary>Settings of every service: ports, address and shutdown.</summary>
public abstract class ServiceOptions
{
    private const string Off = "off";
    private const string Loopback = "127.0.0.1";

    [Description("gRPC port; 0 for any free port.")]
    public int Port { get; set; }

    [Description("HTTP port: metrics and health, on the gateway also page and API; 0 for any free port, off for none.")]
    public string HttpPort { get; set; } = Off;

    [Description("Address to bind: any, or an IP address. By default only this machine reaches the ports.")]
    public string Host { get; set; } = Loopback;

    [Description("Seconds that accepted work may take after shutdown began.")]
    public int DrainSeconds { get; set; } = 30;

    [Description("Seconds in which a request must come in whole, from its headers to its end; 0 for any time.")]
    public int RequestSeconds { get; set; } = 30;

    [Description("TLS of the ports.")]
    public TlsOptions Tls { get; } = new();

    /// <summary>Gets whether the HTTP port was configured, or is the one that the service has by default.</summary>
    public bool HttpPortIsConfigured { get; internal set; }

    /// <summary>Gets the HTTP port, null for off, of valid options.</summary>
    public int? HttpPortNumber
        => HttpPortIsOff ? null : NumberText.Integer<ushort>(nameof(HttpPort), HttpPort);

    /// <summary>Gets whether there is no HTTP port.</summary>
    protected bool HttpPortIsOff => HttpPort.Equals(Off, StringComparison.OrdinalIgnoreCase);

    /// <summary>Gets whether the HTTP port is a port, and not that of gRPC.</summary>
    private bool HttpPortIsPort
        => NumberText.TryInteger<ushort>(HttpPort, out var port) && (port == 0 || port != Port);

    /// <summary>Gets the numeric settings with their allowed ranges, both ends included.</summary>
    protected virtual IEnumerable<(string Field, int Value, int Least, int Most)> Ranges
        =>
        [
            (nameof(Port), Port, 0, 65535), (nameof(DrainSeconds), DrainSeconds, 0, 3600),
            (nameof(RequestSeconds), RequestSeconds, 0, 3600),
        ];

    /// <summary>Finds every invalid setting: its key, its value and what is allowed.</summary>
    public virtual IEnumerable<string> Problems(string section)
    {
        foreach (var (field, value, least, most) in Ranges)
        {
            if (value < least || value > most)
            {
                yield return $"{section}:{field} is {value}; allowed: {least} to {most}";
            }
        }

        if (Host != "any" && !IPAddress.TryParse(Host, out _))
        {
            yield return $"{section}:Host is {Host}; allowed: any, or an IP address such as 127.0.0.1";
        }

        if (!HttpPortIsOff && !HttpPortIsPort)
        {
            yield return $"{section}:HttpPort is {HttpPort}; allowed: 1 to 65535 except {section}:Port, "
                + "0 for any free port, or off";
        }

        foreach (var problem in Tls.Problems($"{section}:{nameof(Tls)}"))
        {
            yield return problem;
        }
    }
}
