using System.Security.Cryptography.X509Certificates;
using CoDe.Protocol;
using CoDe.Testing.Processes;
using Grpc.Core;
using Grpc.Net.Client;

namespace CoDe.Testing.Certificates;

/// <summary>
/// The ports of a deployment: open to all, or closed, with TLS on each, certificates between all processes and a key
/// that callers of the gateway present.
/// </summary>
public sealed class Doors : IDisposable
{
    private readonly TestAuthority? _authority;
    private readonly string? _key;
    private readonly string _keyFile = "";
    private readonly X509Certificate2? _root;

    private Doors()
    {
    }

    /// <param name="withKey">Whether callers need a key.</param>
    private Doors(TestAuthority authority, bool withKey)
    {
        _authority = authority;
        _root = X509CertificateLoader.LoadCertificateFromFile(authority.File);
        if (withKey)
        {
            _key = ApiKey.Create();
            _keyFile = authority.Write("keys", $"caller {ApiKey.DigestOf(_key)} roles=generate\n");
        }
    }

    public bool AreClosed => _authority is not null;

    /// <summary>Makes doors without TLS and keys.</summary>
    public static Doors Open() => new();

    /// <summary>Makes doors with TLS and certificates.</summary>
    /// <param name="withKey">Whether callers need a key too.</param>
    public static Doors Closed(bool withKey = true) => new(new TestAuthority(), withKey);

    /// <summary>Gets the address of a service of this machine.</summary>
    public string AddressOf(int port) => $"{(AreClosed ? "https" : "http")}://127.0.0.1:{port}";

    /// <summary>Makes settings of a stage, whose only caller is the gateway.</summary>
    /// <param name="service">Its section: Drafter, Refiner or Worker.</param>
    public string[] OfStage(string service)
        => _authority is null ? [] : [.. Tls(service), $"--{service}:Tls:ClientAuthority={_authority.File}"];

    /// <summary>Makes options of a simulated stage.</summary>
    public string[] OfSimulatedStage()
    {
        if (_authority is null)
        {
            return [];
        }

        var files = IssueForServer();
        return ["--certificate", files.Certificate, "--key", files.Key, "--client-authority", _authority.File];
    }

    /// <summary>Makes settings of gateways.</summary>
    public string[] OfGateway()
    {
        if (_authority is null)
        {
            return [];
        }

        var peers = _authority.Issue("gateway", TestAuthority.Server, TestAuthority.Client);
        string[] keys = _key is null ? [] : [$"--Gateway:Callers:KeyFile={_keyFile}"];
        return
        [
            .. Tls("Gateway"), $"--Gateway:Peers:Certificate={peers.Certificate}",
            $"--Gateway:Peers:Key={peers.Key}", $"--Gateway:Peers:Authority={_authority.File}", .. keys,
        ];
    }

    /// <summary>Starts a Redis; behind closed doors with TLS where redis-server is installed.</summary>
    /// <param name="withGarnet">Whether it is Garnet, even where redis-server is installed.</param>
    public async Task<RedisServer> StartRedisAsync(bool withGarnet = false)
    {
        if (_authority is null || !RedisServer.IsInstalled)
        {
            return await RedisServer.StartAsync(withGarnet);
        }

        var files = IssueForServer();
        return await RedisServer.StartWithTlsAsync(files.Certificate, files.Key, _authority.File);
    }

    /// <summary>Opens a channel to a gateway of this machine, with what its callers need.</summary>
    public GrpcChannel Connect(int port, GrpcChannelOptions? options = null)
    {
        options ??= new GrpcChannelOptions();
        if (_root is null)
        {
            return GrpcChannel.ForAddress(AddressOf(port), options);
        }

        var handler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true };
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { _root },
            RevocationMode = X509RevocationMode.NoCheck,
        };
        (options.HttpHandler, options.DisposeHttpClient) = (handler, true);
        if (_key is not null)
        {
            options.Credentials = ChannelCredentials.Create(
                new SslCredentials(),
                CallCredentials.FromInterceptor((_, metadata) =>
                {
                    metadata.Add("authorization", $"Bearer {_key}");
                    return Task.CompletedTask;
                }));
        }

        return GrpcChannel.ForAddress(AddressOf(port), options);
    }

    public void Dispose()
    {
        _root?.Dispose();
        _authority?.Dispose();
    }

    private CertificateFiles IssueForServer() => _authority!.Issue("localhost", TestAuthority.Server);

    private string[] Tls(string service)
    {
        var files = IssueForServer();
        return [$"--{service}:Tls:Certificate={files.Certificate}", $"--{service}:Tls:Key={files.Key}"];
    }
}
