using System.ComponentModel;
using System.Globalization;

namespace CoDe.Gateway;

/// <summary>How the gateway listens, whom it calls and how much it takes on.</summary>
public sealed class GatewayOptions
{
    [Description("Address to listen on: any, or an IP address.")]
    public string Host { get; set; } = "any";

    [Description("For gRPC; 0 for any that is free.")]
    public int Port { get; set; } = GatewayHost.DefaultPort;

    [Description("For HTTP: the page, JSON and PNG; 0 for any that is free, off for none.")]
    public string HttpPort { get; set; } = "8080";

    [Description("Drafters, as http://name:port; every address of a name is one. Without any stage, both run in this process.")]
    public IList<string> Drafters { get; } = [];

    [Description("Refiners, likewise.")]
    public IList<string> Refiners { get; } = [];

    [Description("The most images that wait; requests beyond are refused.")]
    public int QueueLimit { get; set; } = 4096;

    [Description("The most images that one request may ask for.")]
    public int LargestRequest { get; set; } = 1024;

    [Description("The most images drafted together; a stage that takes fewer gets fewer.")]
    public int LargestBatch { get; set; } = 8;

    [Description("Seconds that accepted requests may take after the service was told to end.")]
    public int DrainSeconds { get; set; } = 30;

    public bool IsEmbedded => Drafters.Count == 0 && Refiners.Count == 0;

    /// <summary>Null where HTTP is off. Needs options without problems.</summary>
    public int? HttpPortNumber => HttpIsOff ? null : int.Parse(HttpPort, NumberStyles.None, CultureInfo.InvariantCulture);

    private bool HttpIsOff => HttpPort.Equals("off", StringComparison.OrdinalIgnoreCase);

    public IEnumerable<string> Problems(string section)
    {
        (string Field, int Value, int Least, int Most)[] ranges =
        [
            (nameof(Port), Port, 0, 65535), (nameof(QueueLimit), QueueLimit, 1, 1_000_000), (nameof(LargestRequest), LargestRequest, 1, 100_000),
            (nameof(LargestBatch), LargestBatch, 1, 256), (nameof(DrainSeconds), DrainSeconds, 0, 3600),
        ];
        foreach (var (field, value, least, most) in ranges.Where(range => range.Value < range.Least || range.Value > range.Most))
        {
            yield return $"{section}:{field} is {value}; allowed: {least} to {most}";
        }

        if (!HttpIsOff && !(ushort.TryParse(HttpPort, NumberStyles.None, CultureInfo.InvariantCulture, out var http) && (http == 0 || http != Port)))
        {
            yield return $"{section}:HttpPort is {HttpPort}; allowed: 1 to 65535 but for {section}:Port, 0 for any that is free, or off";
        }

        if (Host != "any" && !System.Net.IPAddress.TryParse(Host, out _))
        {
            yield return $"{section}:Host is {Host}; allowed: any, or an IP address such as 127.0.0.1";
        }

        if (Drafters.Count == 0 != (Refiners.Count == 0))
        {
            yield return $"{section}:Drafters and {section}:Refiners must both be given, or neither to run both stages in this process";
        }

        foreach (var address in Drafters.Concat(Refiners).Where(address => !Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")))
        {
            yield return $"{section} has the address {address}; allowed: http://name:port";
        }
    }
}
