using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using CoDe.Gateway.Callers;
using CoDe.Gateway.Cluster;
using CoDe.Gateway.Redis;
using CoDe.Hosting.Options;
using CoDe.Hosting.Tls;

namespace CoDe.Gateway;

/// <summary>Gateway settings: stage addresses and admission limits.</summary>
public sealed class GatewayOptions : ServiceOptions
{
    internal const string Automatic = "auto";

    public GatewayOptions()
    {
        Port = GatewayHost.DefaultPort;
        HttpPort = "8080";
    }

    [Description(
        "Drafters, as http://name:port, or https where they have TLS; every address of a name is one. Without any "
        + "stage, both run in this process.")]
    public IList<string> Drafters { get; } = [];

    [Description("Refiners, likewise.")]
    public IList<string> Refiners { get; } = [];

    [Description("The most images that wait; requests beyond are refused.")]
    public int QueueLimit { get; set; } = 4096;

    [Description("The most images that one request may ask for.")]
    public int LargestRequest { get; set; } = 1024;

    [Description(
        "Megabytes of the largest request as a gRPC message, decompressed; JSON, with pictures in base64, may have a "
        + "third more.")]
    public int LargestMessageMegabytes { get; set; } = 4;

    [Description("The most images drafted together; a stage that takes fewer gets fewer.")]
    public int LargestBatch { get; set; } = 8;

    [Description("Milliseconds that an image waits, with a drafter free, for others to fill a batch.")]
    public int BatchDelayMilliseconds { get; set; }

    [Description("Seconds that a request without a deadline of its own may take, as any over HTTP; 0 for any time.")]
    public int DeadlineSeconds { get; set; } = 1800;

    [Description("Whether callers may ask for PRIORITY_HIGH, which overtakes all others.")]
    public bool HighPriority { get; set; }

    [Description("Megabytes of finished images that are kept in memory to answer the same request again; 0 for none.")]
    public int CacheMegabytes { get; set; } = 256;

    [Description("Megabytes of finished images that are kept in DataFolder besides, without a Redis; 0 for none.")]
    public int CacheFolderMegabytes { get; set; } = 1024;

    [Description("Redis that several gateways share, as host:port,password=...,ssl=true; empty for a gateway alone.")]
    public string Redis { get; set; } = "";

    [Description("Port between gateways that share a Redis; 0 for any free port.")]
    public int SiloPort { get; set; } = 11111;

    [Description(
        "IPv4 address at which other gateways reach this one; auto for that by which it reaches Redis, or of the "
        + "host's name where Redis is on this machine.")]
    public string SiloHost { get; set; } = Automatic;

    [Description(
        "Folder that keeps jobs, their images and cached images. Gateways that share a Redis share it; empty to keep "
        + "jobs until the gateway ends.")]
    public string DataFolder { get; set; } = "";

    [Description("The most images that one job may ask for.")]
    public int LargestJob { get; set; } = 1_000_000;

    [Description("Whether the HTTP port serves the Orleans dashboard at /dashboard.")]
    public bool Dashboard { get; set; }

    [Description(
        "Names with a dot by which browsers reach the HTTP port, as images.example.com; * for any. Addresses, names "
        + "without a dot and those of private networks always may be used.")]
    public IList<string> AllowedHosts { get; } = [];

    [Description("Origins, as https://name:port, whose pages may call the HTTP port from a browser.")]
    public IList<string> CorsOrigins { get; } = [];

    [Description("Who may call, and what each caller may ask for.")]
    public CallerOptions Callers { get; } = new();

    [Description("Whether this gateway is a pod: silos take names and addresses of their pods, and end with them.")]
    public bool Kubernetes { get; set; }

    [Description("TLS to stages, Redis and other gateways.")]
    public PeerOptions Peers { get; } = new();

    /// <summary>Gets the bytes of the largest gRPC message.</summary>
    public int LargestMessage => LargestMessageMegabytes << 20;

    /// <summary>Gets the bytes of the largest body over HTTP: base64 has four characters for three bytes.</summary>
    public int LargestBody => (int)(LargestMessage * 4L / 3);

    public bool IsEmbedded => Drafters.Count == 0 && Refiners.Count == 0;

    protected override IEnumerable<(string Field, int Value, int Least, int Most)> Ranges =>
    [
        .. base.Ranges,
        (nameof(QueueLimit), QueueLimit, 1, 1_000_000),
        (nameof(LargestRequest), LargestRequest, 1, 100_000),
        (nameof(LargestMessageMegabytes), LargestMessageMegabytes, 1, 256),
        (nameof(LargestJob), LargestJob, 1, 100_000_000),
        (nameof(LargestBatch), LargestBatch, 1, 256),
        (nameof(DeadlineSeconds), DeadlineSeconds, 0, 604_800),
        (nameof(CacheMegabytes), CacheMegabytes, 0, 65536),
        (nameof(CacheFolderMegabytes), CacheFolderMegabytes, 0, 16 << 20),
        (nameof(SiloPort), SiloPort, 0, 65535),
        (nameof(BatchDelayMilliseconds), BatchDelayMilliseconds, 0, 60_000),
    ];

    public override IEnumerable<string> Problems(string section)
    {
        foreach (var each in base.Problems(section).Concat(Callers.Problems($"{section}:{nameof(Callers)}")))
        {
            yield return each;
        }

        if (Drafters.Count == 0 != (Refiners.Count == 0))
        {
            yield return $"{section}:Drafters and {section}:Refiners must both be given, "
                + "or neither to run both stages in this process";
        }

        foreach (var origin in CorsOrigins.Where(origin => !IsOrigin(origin)))
        {
            yield return $"{section}:CorsOrigins has {origin}; "
                + "allowed: origins such as https://name:port, without a path";
        }

        if (Redis.Length > 0 && IsEmbedded)
        {
            yield return $"{section}:Redis needs {section}:Drafters and {section}:Refiners, which the gateways share";
        }

        if (Redis.Length > 0 && RedisConnection.ProblemOf(Redis) is { } problem)
        {
            yield return $"{section}:Redis is not a connection string: {problem}; allowed: host:port,password=...";
        }

        if (SiloHost != Automatic && !IsIpV4(SiloHost))
        {
            yield return $"{section}:SiloHost is {SiloHost}; allowed: {Automatic}, or an IPv4 address such as 10.0.0.2";
        }

        if (Dashboard && HttpPortIsOff)
        {
            yield return $"{section}:Dashboard needs {section}:HttpPort, which serves it";
        }

        if (Kubernetes && Redis.Length == 0)
        {
            yield return $"{section}:Kubernetes needs {section}:Redis, in which the pods find each other";
        }

        if (Kubernetes && KubernetesPod.Problem() is { } missing)
        {
            yield return $"{section}:Kubernetes {missing}";
        }

        foreach (var each in Peers.Problems($"{section}:{nameof(Peers)}").Concat(StageProblems(section)))
        {
            yield return each;
        }
    }

    private IEnumerable<string> StageProblems(string section)
    {
        foreach (var address in Drafters.Concat(Refiners))
        {
            var scheme = Uri.TryCreate(address, UriKind.Absolute, out var uri) ? uri.Scheme : "";
            if (scheme is not ("http" or "https"))
            {
                yield return $"{section} has the address {address}; allowed: http://name:port or https://name:port";
            }
            else if (scheme == "http" && Peers.IsSet)
            {
                yield return $"{section} has the address {address}; "
                    + $"with {section}:Peers allowed: https://name:port";
            }
        }
    }

    internal static bool IsIpV4(string text)
        => IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetwork;

    private static bool IsOrigin(string text)
        => Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is ("http" or "https")
            && text == uri.GetLeftPart(UriPartial.Authority);
}
