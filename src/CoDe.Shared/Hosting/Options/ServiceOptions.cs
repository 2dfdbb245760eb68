using System.ComponentModel;
using System.Globalization;
using System.Net;

namespace CoDe.Hosting.Options;

/// <summary>How a service listens and ends.</summary>
public abstract class ServiceOptions
{
    private const string Off = "off";

    [Description("Where to listen for gRPC; 0 for any port that is free.")]
    public int Port { get; set; }

    [Description("For HTTP: metrics and health, of the gateway also the page, JSON and PNG; 0 for any that is free, off for none.")]
    public string HttpPort { get; set; } = Off;

    [Description("Address to listen on: any, or an IP address.")]
    public string Host { get; set; } = "any";

    [Description("Seconds that accepted work may take after the service was told to end.")]
    public int DrainSeconds { get; set; } = 30;

    /// <summary>Null where HTTP is off. Needs options without problems.</summary>
    public int? HttpPortNumber => HttpIsOff ? null : int.Parse(HttpPort, NumberStyles.None, CultureInfo.InvariantCulture);

    private bool HttpIsOff => HttpPort.Equals(Off, StringComparison.OrdinalIgnoreCase);

    /// <summary>True if the port for HTTP is a port, and not that of gRPC.</summary>
    private bool HttpPortIsPort
        => ushort.TryParse(HttpPort, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && (port == 0 || port != Port);

    /// <summary>The numbers, each with the least and the most that it may be.</summary>
    protected virtual IEnumerable<(string Field, int Value, int Least, int Most)> Ranges
        => [(nameof(Port), Port, 0, 65535), (nameof(DrainSeconds), DrainSeconds, 0, 3600)];

    /// <summary>All that is wrong, each with what would be right.</summary>
    public virtual IEnumerable<string> Problems(string section)
    {
        foreach (var (field, value, least, most) in Ranges.Where(range => range.Value < range.Least || range.Value > range.Most))
        {
            yield return $"{section}:{field} is {value}; allowed: {least} to {most}";
        }

        if (Host != "any" && !IPAddress.TryParse(Host, out _))
        {
            yield return $"{section}:Host is {Host}; allowed: any, or an IP address such as 127.0.0.1";
        }

        if (!HttpIsOff && !HttpPortIsPort)
        {
            yield return $"{section}:HttpPort is {HttpPort}; allowed: 1 to 65535 but for {section}:Port, 0 for any that is free, or off";
        }
    }
}
